//! The audit entries of one chain.

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    audit::{AuditEntry, ChainHead, Seal},
    id::{AuditId, UserId},
};

use super::PortError;

/// Reads one audit chain: a tenant's or the platform's.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Returns the entries that match the query, newest first.
    async fn list(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, PortError>;

    /// Returns up to `limit` entries after a position that are not sealed, oldest
    /// first (by time, then id).
    async fn unsealed(
        &self,
        after: Option<AuditPosition>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, PortError>;

    /// Returns the end of the chain; [`ChainHead::EMPTY`] if no entry is
    /// sealed.
    async fn head(&self) -> Result<ChainHead, PortError>;

    /// Returns up to `limit` sealed entries with a sequence number above
    /// `sequence`, in chain order.
    async fn sealed_after(&self, sequence: u64, limit: u32) -> Result<Vec<SealedEntry>, PortError>;

    /// Counts the rows with a sequence number up to `sequence`, valid or not. An
    /// intact chain has `sequence` of them.
    async fn count_sealed(&self, sequence: u64) -> Result<u64, PortError>;
}

/// An entry with its position in the chain. A damaged position is read as
/// sequence 0, a damaged hash as zeroes; no seal has either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEntry {
    /// The entry.
    pub entry: AuditEntry,
    /// Its position and hash.
    pub seal: Seal,
}

/// A filter on audit entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only entries of this user.
    pub actor: Option<UserId>,
    /// Only entries with this action.
    pub action: Option<String>,
    /// Only entries at or after this time.
    pub from: Option<Timestamp>,
    /// Only entries before this time.
    pub to: Option<Timestamp>,
    /// Only entries after this position in the order of the list.
    pub after: Option<AuditPosition>,
    /// The maximum number of entries.
    pub limit: u32,
}

/// A position in the order of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditPosition {
    /// The entry's time.
    pub at: Timestamp,
    /// The entry's id.
    pub id: AuditId,
}

impl AuditPosition {
    /// Returns the position of an entry.
    pub fn of(entry: &AuditEntry) -> Self {
        Self {
            at: entry.at,
            id: entry.id,
        }
    }
}
