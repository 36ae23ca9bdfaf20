//! Shapes that several resources share.

use poem_openapi::{Enum, NewType, Object};
use tenantry_application::auth::MembershipView;
use tenantry_domain::{
    Timestamp,
    identity::Identity,
    membership::MembershipStatus,
    permission::PermissionSet,
    tenant::{Tenant, TenantStatus},
};
use uuid::Uuid;

/// An instant: RFC 3339 in UTC, with milliseconds and `Z`.
#[derive(Debug, Clone, PartialEq, Eq, NewType)]
#[oai(
    from_parameter = false,
    from_multipart = false,
    to_header = false,
    example = false
)]
pub(crate) struct Time(String);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at.to_string())
    }
}

/// A person.
#[derive(Debug, Clone, Object)]
#[oai(rename = "User")]
pub(crate) struct UserBody {
    /// The person's id.
    pub(crate) id: Uuid,
    /// The address they sign in with.
    pub(crate) email: String,
    /// A second name to sign in with.
    #[oai(nullable)]
    pub(crate) username: Option<String>,
    /// How they are shown to others.
    #[oai(nullable)]
    pub(crate) display_name: Option<String>,
    /// Whether a mailed link has shown that the address is theirs.
    pub(crate) email_verified: bool,
    /// When they were first known.
    pub(crate) created_at: Time,
    /// When they last signed in.
    #[oai(nullable)]
    pub(crate) last_login_at: Option<Time>,
}

impl From<&Identity> for UserBody {
    fn from(identity: &Identity) -> Self {
        Self {
            id: identity.id.as_uuid(),
            email: identity.email.to_string(),
            username: identity.username.as_ref().map(ToString::to_string),
            display_name: identity.display_name.as_ref().map(ToString::to_string),
            email_verified: identity.email_verified,
            created_at: identity.created_at.into(),
            last_login_at: identity.last_login_at.map(Time::from),
        }
    }
}

/// Where a tenant is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", rename = "TenantStatus")]
pub(crate) enum TenantStatusBody {
    /// Its store is being made.
    Provisioning,
    /// In use.
    Active,
    /// Closed for a while.
    Suspended,
    /// On the way out.
    Deleting,
}

impl From<TenantStatus> for TenantStatusBody {
    fn from(status: TenantStatus) -> Self {
        match status {
            TenantStatus::Provisioning => Self::Provisioning,
            TenantStatus::Active => Self::Active,
            TenantStatus::Suspended => Self::Suspended,
            TenantStatus::Deleting => Self::Deleting,
        }
    }
}

/// A tenant, as its people see it.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Tenant")]
pub(crate) struct TenantBody {
    /// The tenant's id.
    pub(crate) id: Uuid,
    /// Its name.
    pub(crate) name: String,
    /// Its label in host names.
    pub(crate) subdomain: String,
    /// Where it is in its life.
    pub(crate) status: TenantStatusBody,
    /// How its data is kept apart: `rows`.
    pub(crate) isolation: String,
    /// When it was made.
    pub(crate) created_at: Time,
    /// When it last changed.
    pub(crate) updated_at: Time,
}

impl From<&Tenant> for TenantBody {
    fn from(tenant: &Tenant) -> Self {
        Self {
            id: tenant.id.as_uuid(),
            name: tenant.name.to_string(),
            subdomain: tenant.subdomain.to_string(),
            status: tenant.status.into(),
            isolation: tenant.isolation.as_str().to_owned(),
            created_at: tenant.created_at.into(),
            updated_at: tenant.updated_at.into(),
        }
    }
}

/// Whether a membership opens its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", rename = "MembershipStatus")]
pub(crate) enum MembershipStatusBody {
    /// It does.
    Active,
    /// The invitation waits for its answer.
    Invited,
    /// No longer.
    Deactivated,
}

/// A person's place in a tenant.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Membership")]
pub(crate) struct MembershipBody {
    /// The tenant.
    pub(crate) tenant: TenantBody,
    /// Whether it opens the tenant.
    pub(crate) status: MembershipStatusBody,
    /// The names of the roles held there.
    #[oai(validator(max_items = 100))]
    pub(crate) roles: Vec<String>,
}

impl From<&MembershipView> for MembershipBody {
    fn from(view: &MembershipView) -> Self {
        Self {
            tenant: (&view.tenant).into(),
            status: match view.status {
                MembershipStatus::Active => MembershipStatusBody::Active,
                MembershipStatus::Invited => MembershipStatusBody::Invited,
                MembershipStatus::Deactivated => MembershipStatusBody::Deactivated,
            },
            roles: view.roles.clone(),
        }
    }
}

/// The names of a set of permissions.
pub(crate) fn permission_names(permissions: PermissionSet) -> Vec<String> {
    permissions
        .iter()
        .map(|permission| permission.as_str().to_owned())
        .collect()
}
