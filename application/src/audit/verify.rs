//! Holding a chain against its hashes.

use tenantry_domain::audit::ChainHead;

use crate::{
    error::Result,
    ports::{AuditLog, SealPurpose},
    services::Services,
};

/// How many entries are read at once.
const BATCH: u32 = 500;

/// What a check of a chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// Sealed entries that are as they were written.
    pub entries: u64,
    /// The number of the first entry that is missing, moved or changed.
    pub broken_at: Option<u64>,
}

/// Checks every sealed entry of a chain, and that none is missing at its end.
pub async fn verify_chain(services: &Services, log: &dyn AuditLog) -> Result<ChainReport> {
    // Read first: entries sealed meanwhile are beyond it and not counted.
    let head = log.head().await?;
    let mut end = ChainHead::EMPTY;
    'chain: while end.sequence < head.sequence {
        let batch = log.sealed_after(end.sequence, BATCH).await?;
        if batch.is_empty() {
            break;
        }
        for sealed in batch {
            let sequence = end.sequence + 1;
            let message = sealed.entry.canonical_bytes(sequence, &end.hash);
            let hash = services.seals.seal(SealPurpose::Audit, &message);
            if sealed.seal.sequence != sequence || sealed.seal.hash != hash {
                break 'chain;
            }
            end = ChainHead { sequence, hash };
            if sequence == head.sequence {
                break;
            }
        }
    }
    let broken_at = (end != head).then_some(end.sequence + 1);
    Ok(ChainReport {
        entries: end.sequence,
        broken_at,
    })
}
