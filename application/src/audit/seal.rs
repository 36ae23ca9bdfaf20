//! Sealing: giving entries their place in the chain, shortly after the commits
//! that wrote them.

use tenantry_domain::{audit::Seal, id::TenantId};

use crate::{
    error::{Error, Result},
    ports::{AuditLog, CommitError, Refusal, SealPurpose},
    services::Services,
    tenants,
    work::{AuditSeal, PlatformWork},
};

/// How many chains one round looks at.
const CHAINS: u32 = 256;
/// How many entries one commit seals.
const ENTRIES: u32 = 500;

/// Seals what is unsealed, chain by chain, and says how many entries. Two
/// processes that seal at once do not harm: the slower commit is refused whole.
pub async fn seal_chains(services: &Services) -> Result<u64> {
    let mut sealed = 0;
    for chain in services.store.upkeep().unsealed_chains(CHAINS).await? {
        match seal_chain(services, chain).await {
            Ok(entries) => sealed += entries,
            Err(error) => tracing::warn!(%error, "an audit chain is left for the next round"),
        }
    }
    Ok(sealed)
}

/// Seals one chain to its end.
pub(crate) async fn seal_chain(services: &Services, chain: Option<TenantId>) -> Result<u64> {
    let mut sealed = 0;
    loop {
        let (count, committed) = match chain {
            None => {
                let Some(seal) = next_stretch(services, None, services.store.audit()).await? else {
                    break;
                };
                let count = seal.seals.len();
                let mut work = PlatformWork::new();
                work.seal_audit(seal);
                (count, services.store.commit(work).await)
            }
            Some(tenant) => {
                // A tenant that is not active is sealed when it is again.
                let Some(store) = tenants::open_active(services, tenant).await? else {
                    break;
                };
                let Some(seal) = next_stretch(services, chain, store.audit()).await? else {
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
            // Another process was faster, or the tenant was just closed.
            Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => break,
            Err(error) => return Err(Error::from(error)),
        }
    }
    Ok(sealed)
}

async fn next_stretch(
    services: &Services,
    chain: Option<TenantId>,
    log: &dyn AuditLog,
) -> Result<Option<AuditSeal>> {
    // The end of the chain first: entries sealed in between are then refused
    // as stale instead of being sealed twice.
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
