//! Epochs: counters that rise whenever what somebody may do changes.

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    id::{TenantId, UserId},
};

use super::PortError;

/// Reads epochs. They are raised by units of work.
#[async_trait]
pub trait EpochRepository: Send + Sync {
    /// Every epoch raised at or after `since`, by the clocks of those who
    /// raised them, newest last. All of them, however many: one that is left
    /// out would leave open what it was raised to close.
    async fn changed_since(&self, since: Timestamp) -> Result<Vec<EpochChange>, PortError>;
}

/// Whose epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EpochSubject {
    /// One person, in every tenant and session.
    User(UserId),
    /// Everyone in one tenant.
    Tenant(TenantId),
}

impl EpochSubject {
    /// The id it is stored by; ids of people and tenants never meet.
    pub const fn as_uuid(self) -> uuid::Uuid {
        match self {
            Self::User(id) => id.as_uuid(),
            Self::Tenant(id) => id.as_uuid(),
        }
    }
}

/// An epoch and when it was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochChange {
    /// Whose.
    pub subject: EpochSubject,
    /// What it is now.
    pub epoch: u64,
    /// When it was last raised.
    pub changed_at: Timestamp,
}
