//! Representations that several resources use.

use poem_openapi::Object;
use tenantry_application::auth::MembershipView;
use tenantry_domain::{
    identity::Identity,
    membership::MembershipStatus,
    permission::PermissionSet,
    tenant::{Tenant, TenantStatus},
};
use uuid::Uuid;

use super::texts::{
    DisplayNameText, EmailText, NameText, SubdomainText, TenantNameText, UsernameText,
};
use crate::types::{Choice, Text, Time};

/// A user.
#[derive(Debug, Clone, Object)]
#[oai(rename = "User")]
pub(crate) struct UserBody {
    /// The user's id.
    pub(crate) id: Uuid,
    /// The e-mail address, which identifies the user at login.
    pub(crate) email: EmailText,
    /// The username, an alternative to the e-mail address at login.
    #[oai(nullable)]
    pub(crate) username: Option<UsernameText>,
    /// The name shown to others.
    #[oai(nullable)]
    pub(crate) display_name: Option<DisplayNameText>,
    /// Whether the e-mail address is verified.
    pub(crate) email_verified: bool,
    /// The time of creation.
    pub(crate) created_at: Time,
    /// The time of the last login.
    #[oai(nullable)]
    pub(crate) last_login_at: Option<Time>,
}

impl From<&Identity> for UserBody {
    fn from(identity: &Identity) -> Self {
        Self {
            id: identity.id.as_uuid(),
            email: Text::of(&identity.email),
            username: identity.username.as_ref().map(Text::of),
            display_name: identity.display_name.as_ref().map(Text::of),
            email_verified: identity.email_verified,
            created_at: identity.created_at.into(),
            last_login_at: identity.last_login_at.map(Time::from),
        }
    }
}

/// A tenant.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Tenant")]
pub(crate) struct TenantBody {
    /// The tenant's id.
    pub(crate) id: Uuid,
    /// The tenant's name.
    pub(crate) name: TenantNameText,
    /// The tenant's label in host names.
    pub(crate) subdomain: SubdomainText,
    /// The lifecycle status.
    pub(crate) status: Choice<TenantStatus>,
    /// The isolation of the tenant's data: `rows`.
    pub(crate) isolation: Text<16>,
    /// The time of creation.
    pub(crate) created_at: Time,
    /// The time of the last change.
    pub(crate) updated_at: Time,
}

impl From<&Tenant> for TenantBody {
    fn from(tenant: &Tenant) -> Self {
        Self {
            id: tenant.id.as_uuid(),
            name: Text::of(&tenant.name),
            subdomain: Text::of(&tenant.subdomain),
            status: Choice(tenant.status),
            isolation: Text::of(tenant.isolation.as_str()),
            created_at: tenant.created_at.into(),
            updated_at: tenant.updated_at.into(),
        }
    }
}

/// A user's membership in a tenant.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Membership")]
pub(crate) struct MembershipBody {
    /// The tenant.
    pub(crate) tenant: TenantBody,
    /// The status of the membership.
    pub(crate) status: Choice<MembershipStatus>,
    /// The names of the user's roles in the tenant.
    #[oai(validator(max_items = 100))]
    pub(crate) roles: Vec<NameText>,
}

impl From<&MembershipView> for MembershipBody {
    fn from(view: &MembershipView) -> Self {
        Self {
            tenant: (&view.tenant).into(),
            status: Choice(view.status),
            roles: view.roles.iter().map(Text::of).collect(),
        }
    }
}

/// Returns the names of a set of permissions.
pub(crate) fn permission_names(permissions: PermissionSet) -> Vec<NameText> {
    permissions
        .iter()
        .map(|permission| Text::of(permission.as_str()))
        .collect()
}
