//! Sealing audit entries into their chain, shortly after the commits that wrote
//! them.

use tenantry_domain::{audit::Seal, id::TenantId};

use crate::{
    error::{Error, Result},
    ports::{AuditLog, CommitError, Refusal, SealPurpose},
    services::Services,
    tenants,
    work::{AuditSeal, PlatformWork},
};

/// The maximum number of chains per round.
const CHAINS: u32 = 256;
/// The maximum number of entries per commit.
const ENTRIES: u32 = 500;

/// Seals unsealed entries of all chains and returns their number. Concurrent
/// sealing by two processes is harmless: the slower commit is refused as a
/// whole.
pub async fn seal_chains(services: &Services) -> Result<u64> {
    let mut sealed = 0;
    for chain in services.store.upkeep().unsealed_chains(CHAINS).await? {
        match seal_chain(services, chain).await {
            Ok(entries) => sealed += entries,
            Err(error) => tracing::warn!(%error, "cannot seal an audit chain; retrying later"),
        }
    }
    Ok(sealed)
}

/// Seals all entries of one chain.
pub(crate) async fn seal_chain(services: &Services, chain: Option<TenantId>) -> Result<u64> {
    let mut sealed = 0;
    loop {
        let (count, committed) = match chain {
            None => {
                let Some(seal) = next_seal(services, None, services.store.audit()).await? else {
                    break;
                };
                let count = seal.seals.len();
                let mut work = PlatformWork::new();
                work.seal_audit(seal);
                (count, services.store.commit(work).await)
            }
            Some(tenant) => {
                // Entries of an inactive tenant are sealed once it is active
                // again.
                let Some(store) = tenants::open_active(services, tenant).await? else {
                    break;
                };
                let Some(seal) = next_seal(services, chain, store.audit()).await? else {
                    break;
                };
                let count = seal.seals.len();
                let mut work = store.begin();
                work.seal_audit(seal);
                (count, store.commit(work).await)
            }
        };
        match committed {
            Ok(()) => sealed += count as u64,
            // Another process was faster, or the tenant was just suspended.
            Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => break,
            Err(error) => return Err(Error::from(error)),
        }
    }
    Ok(sealed)
}

async fn next_seal(
    services: &Services,
    chain: Option<TenantId>,
    log: &dyn AuditLog,
) -> Result<Option<AuditSeal>> {
    // Read the head first: a commit is then refused as stale if another process
    // seals entries in between.
    let from = log.head().await?;
    let entries = log.unsealed(ENTRIES).await?;
    if entries.is_empty() {
        return Ok(None);
    }
    let mut previous = from;
    let mut seals = Vec::with_capacity(entries.len());
    for entry in &entries {
        let sequence = previous.sequence + 1;
        let message = entry.canonical_bytes(sequence, &previous.hash);
        let hash = services.seals.seal(SealPurpose::Audit, &message);
        previous.sequence = sequence;
        previous.hash = hash;
        seals.push((entry.id, Seal { sequence, hash }));
    }
    Ok(Some(AuditSeal {
        tenant_id: chain,
        from,
        seals,
    }))
}
