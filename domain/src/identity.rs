//! People. An identity is global; a membership ties it to a tenant.

use crate::{
    Refused, Revision, Timestamp,
    email::Email,
    id::{TenantId, UserId},
    name::{DisplayName, Username},
};

/// A person who can sign in.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// Their id.
    pub id: UserId,
    /// Unique without regard to case.
    pub email: Email,
    /// Whether a mailed link has shown that the address is theirs.
    pub email_verified: bool,
    /// A second sign-in name; unique without regard to case.
    pub username: Option<Username>,
    /// How they are shown to others.
    pub display_name: Option<DisplayName>,
    /// The password's hash in PHC string form; `None`: cannot sign in by password.
    pub password_hash: Option<PasswordHash>,
    /// Whether they may sign in.
    pub status: IdentityStatus,
    /// May act on the platform as a whole.
    pub platform_admin: bool,
    /// Where a sign-in without a tenant goes.
    pub last_tenant_id: Option<TenantId>,
    /// When they were first known.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_login_at: Option<Timestamp>,
    /// How often the row was written.
    pub revision: Revision,
}

/// Whether a person may sign in at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityStatus {
    /// May sign in.
    Active,
    /// May not, until an administrator says otherwise.
    Deactivated,
}

impl IdentityStatus {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }

    /// The status of a name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Deactivated]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

impl Identity {
    /// Takes the right to sign in away.
    pub fn deactivate(&mut self) -> Result<(), Refused> {
        self.step(IdentityStatus::Active, IdentityStatus::Deactivated)
    }

    /// Gives it back.
    pub fn activate(&mut self) -> Result<(), Refused> {
        self.step(IdentityStatus::Deactivated, IdentityStatus::Active)
    }

    fn step(&mut self, from: IdentityStatus, to: IdentityStatus) -> Result<(), Refused> {
        if self.status != from {
            return Err(Refused {
                entity: "person",
                from: self.status.as_str(),
                to: to.as_str(),
            });
        }
        self.status = to;
        Ok(())
    }
}

/// A password hash in PHC string form. Its text never shows in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC (or bcrypt) string.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The string to store and to verify against.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}
