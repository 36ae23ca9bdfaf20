//! The bounds of strings that several resources use.

use tenantry_domain::description::Description;

use crate::types::Text;

/// An e-mail address.
pub(crate) type EmailText = Text<254>;

/// A username.
pub(crate) type UsernameText = Text<64>;

/// The name of a user as shown to others.
pub(crate) type DisplayNameText = Text<100>;

/// The name of a tenant.
pub(crate) type TenantNameText = Text<100>;

/// The subdomain of a tenant.
pub(crate) type SubdomainText = Text<63>;

/// A path in a bucket.
pub(crate) type PathText = Text<1024>;

/// The last segment of a path.
pub(crate) type FilenameText = Text<255>;

/// A media type.
pub(crate) type MediaTypeText = Text<255>;

/// The digest of content.
pub(crate) type DigestText = Text<128>;

/// A stable name in `snake_case`: a code, a kind or an action.
pub(crate) type NameText = Text<64>;

/// A description of a resource.
pub(crate) type DescriptionText = Text<{ Description::MAX_LENGTH }>;

/// An explanation for people.
pub(crate) type MessageText = Text<1024>;
