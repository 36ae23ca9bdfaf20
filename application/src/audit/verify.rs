//! Verifying audit chains.

use std::time::Duration;

use tenantry_domain::{audit::ChainHead, id::AuditId};

use super::entry::has_valid_tag;
use crate::{
    error::Result,
    ports::{AuditLog, AuditPosition, SealPurpose, SealedEntry},
    services::Services,
};

/// The number of entries per read.
const BATCH: u32 = 500;
/// The maximum time for which a store without transactions shows the seals of a
/// commit before its head, in steps.
const VISIBLE: (u32, Duration) = (20, Duration::from_millis(100));

/// The result of verifying a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// The number of intact sealed entries.
    pub entries: u64,
    /// The sequence number of the first entry that is missing, moved or
    /// modified, or sealed beyond the end.
    pub broken_at: Option<u64>,
    /// The number of rows that claim a place that another entry has, or that
    /// does not exist.
    pub surplus: u64,
    /// The unsealed entries without a valid tag.
    pub untagged: Vec<AuditId>,
}

/// Verifies every entry of a chain: the hashes of sealed ones and that none is
/// missing at the end, and the tags.
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
            let Some(next) = next_head(services, &sealed, end) else {
                break 'chain;
            };
            end = next;
            if end.sequence == head.sequence {
                break;
            }
        }
    }
    let mut broken_at = (end != head).then_some(end.sequence + 1);
    let mut surplus = 0;
    if broken_at.is_none() {
        let rows = log.count_sealed(head.sequence).await?;
        surplus = rows.saturating_sub(head.sequence);
        if is_sealed_beyond_head(services, log, head).await? {
            broken_at = Some(end.sequence + 1);
        }
    }
    Ok(ChainReport {
        entries: end.sequence,
        broken_at,
        surplus,
        untagged: untagged(services, log).await?,
    })
}

/// Returns the end of the chain after an entry, if the entry follows `end` and
/// is intact.
fn next_head(services: &Services, sealed: &SealedEntry, end: ChainHead) -> Option<ChainHead> {
    let sequence = end.sequence + 1;
    let message = sealed.entry.canonical_bytes(sequence, &end.hash);
    let hash = services.seals.seal(SealPurpose::Audit, &message);
    let is_intact = sealed.seal.sequence == sequence && sealed.seal.hash == hash;
    // Entries of earlier versions were sealed without a tag.
    let is_tagged =
        sealed.entry.tag.is_none() || has_valid_tag(services.seals.as_ref(), &sealed.entry);
    (is_intact && is_tagged).then_some(ChainHead { sequence, hash })
}

/// Returns whether an entry has a place after the end of the chain. Entries that
/// are sealed meanwhile move the end as well, where a store has no transactions
/// a moment later.
async fn is_sealed_beyond_head(
    services: &Services,
    log: &dyn AuditLog,
    head: ChainHead,
) -> Result<bool> {
    let beyond = log.sealed_after(head.sequence, 1).await?;
    let Some(beyond) = beyond.first() else {
        return Ok(false);
    };
    let (attempts, pause) = VISIBLE;
    for _ in 0..attempts {
        if log.head().await?.sequence >= beyond.seal.sequence {
            return Ok(false);
        }
        services.clock.sleep(pause).await;
    }
    Ok(true)
}

/// Returns the unsealed entries without a valid tag.
async fn untagged(services: &Services, log: &dyn AuditLog) -> Result<Vec<AuditId>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let batch = log.unsealed(after, BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(found);
        };
        after = Some(AuditPosition::of(last));
        let untagged = batch
            .iter()
            .filter(|entry| !has_valid_tag(services.seals.as_ref(), entry));
        found.extend(untagged.map(|entry| entry.id));
    }
}
