//! Users. An identity is global; memberships link it to tenants.

use crate::{
    InvalidTransition, Revision, Timestamp,
    email::Email,
    id::{TenantId, UserId},
    name::{DisplayName, Username},
};

/// A user who can sign in.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The user's id.
    pub id: UserId,
    /// The e-mail address, unique, ignoring case.
    pub email: Email,
    /// Whether the user has verified the address.
    pub email_verified: bool,
    /// An alternative sign-in name, unique, ignoring case.
    pub username: Option<Username>,
    /// The name shown to other users.
    pub display_name: Option<DisplayName>,
    /// The password hash; `None` if the user cannot sign in with a password.
    pub password_hash: Option<PasswordHash>,
    /// Whether the user may sign in.
    pub status: IdentityStatus,
    /// Whether the user may administer the platform.
    pub platform_admin: bool,
    /// The tenant to select at a sign-in that names none.
    pub last_tenant_id: Option<TenantId>,
    /// The creation time.
    pub created_at: Timestamp,
    /// The time of the last sign-in.
    pub last_login_at: Option<Timestamp>,
    /// The row's revision.
    pub revision: Revision,
}

/// The status of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityStatus {
    /// May sign in.
    Active,
    /// May not sign in until reactivated.
    Deactivated,
}

impl IdentityStatus {
    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }

    /// Returns the status with this name, if it exists.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Deactivated]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

impl Identity {
    /// Deactivates the user.
    pub fn deactivate(&mut self) -> Result<(), InvalidTransition> {
        self.step(IdentityStatus::Active, IdentityStatus::Deactivated)
    }

    /// Reactivates the user.
    pub fn activate(&mut self) -> Result<(), InvalidTransition> {
        self.step(IdentityStatus::Deactivated, IdentityStatus::Active)
    }

    fn step(&mut self, from: IdentityStatus, to: IdentityStatus) -> Result<(), InvalidTransition> {
        if self.status != from {
            return Err(InvalidTransition {
                entity: "user",
                from: self.status.as_str(),
                to: to.as_str(),
            });
        }
        self.status = to;
        Ok(())
    }
}

/// A password hash in PHC string format. Debug output omits it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC (or bcrypt) string.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the string, for storage and verification.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}
