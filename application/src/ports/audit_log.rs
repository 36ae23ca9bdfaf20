//! Audit entries of one chain, as stored.

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    audit::{AuditEntry, ChainHead, Seal},
    id::{AuditId, UserId},
};

use super::PortError;

/// Reads one chain: a tenant's, or the platform's.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Entries, newest first, those behind the query's position.
    async fn list(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, PortError>;

    /// Entries that are not sealed, oldest first (by time, then id), at most
    /// `limit`.
    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditEntry>, PortError>;

    /// The end of the chain; [`ChainHead::EMPTY`] where nothing is sealed.
    async fn head(&self) -> Result<ChainHead, PortError>;

    /// Sealed entries in the order of the chain, those after `sequence`, at
    /// most `limit`.
    async fn sealed_after(&self, sequence: u64, limit: u32) -> Result<Vec<SealedEntry>, PortError>;
}

/// An entry in its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEntry {
    /// What was done.
    pub entry: AuditEntry,
    /// Its place.
    pub seal: Seal,
}

/// Which entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// Done by this person.
    pub actor: Option<UserId>,
    /// Of this action.
    pub action: Option<String>,
    /// At or after this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub to: Option<Timestamp>,
    /// Only those behind this position.
    pub after: Option<AuditPosition>,
    /// At most so many.
    pub limit: u32,
}

/// A place in the order of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditPosition {
    /// An entry's time.
    pub at: Timestamp,
    /// Its id.
    pub id: AuditId,
}
