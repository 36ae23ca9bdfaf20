//! The subjects of epochs: counters that rise whenever permissions change.

use uuid::Uuid;

use crate::id::{TenantId, UserId};

/// The subject of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EpochSubject {
    /// One user, in every tenant and session.
    User(UserId),
    /// All members of a tenant.
    Tenant(TenantId),
}

impl EpochSubject {
    /// Returns the id the epoch is stored under; the ids of users and tenants
    /// never coincide.
    pub const fn as_uuid(self) -> Uuid {
        match self {
            Self::User(id) => id.as_uuid(),
            Self::Tenant(id) => id.as_uuid(),
        }
    }
}
