//! Epochs: counters that are raised whenever the permissions of a user or
//! tenant change.

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    id::{TenantId, UserId},
};

use super::PortError;

/// Reads epochs. Units of work raise them.
#[async_trait]
pub trait EpochRepository: Send + Sync {
    /// Returns all epochs raised at or after `since`, by the clocks of the
    /// processes that raised them, oldest first. The list is complete, however
    /// long: a missing epoch would leave revoked access in caches.
    async fn changed_since(&self, since: Timestamp) -> Result<Vec<EpochChange>, PortError>;
}

/// The subject of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EpochSubject {
    /// A user, in every tenant and session.
    User(UserId),
    /// All users of a tenant.
    Tenant(TenantId),
}

impl EpochSubject {
    /// Returns the id under which the epoch is stored; ids of users and tenants
    /// never collide.
    pub const fn as_uuid(self) -> uuid::Uuid {
        match self {
            Self::User(id) => id.as_uuid(),
            Self::Tenant(id) => id.as_uuid(),
        }
    }
}

/// An epoch and the time at which it was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochChange {
    /// The subject.
    pub subject: EpochSubject,
    /// The current value.
    pub epoch: u64,
    /// The time at which it was last raised.
    pub changed_at: Timestamp,
}
