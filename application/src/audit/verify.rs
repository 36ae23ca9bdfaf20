//! Verifying audit chains.

use tenantry_domain::audit::ChainHead;

use crate::{
    error::Result,
    ports::{AuditLog, SealPurpose},
    services::Services,
};

/// The number of entries per read.
const BATCH: u32 = 500;

/// The result of verifying a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// The number of intact sealed entries.
    pub entries: u64,
    /// The sequence number of the first entry that is missing, moved or
    /// modified.
    pub broken_at: Option<u64>,
}

/// Verifies every sealed entry of a chain, including that none is missing at
/// its end.
pub async fn verify_chain(services: &Services, log: &dyn AuditLog) -> Result<ChainReport> {
    // Read first: entries sealed meanwhile are not counted.
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
