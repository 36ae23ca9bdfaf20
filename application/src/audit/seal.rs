//! Sealing audit entries into their chain, shortly after the commits that wrote
//! them.

use std::collections::{HashMap, HashSet};

use tenantry_domain::{
    audit::{AuditEntry, ChainHead, Seal},
    id::{AuditId, TenantId},
};

use super::{chain::chain_name, entry::has_valid_tag};
use crate::{
    error::{Error, Result},
    ports::{AuditLog, AuditPosition, CommitError, Refusal, SealPurpose},
    services::Services,
    tenants,
    work::{AuditSeal, PlatformWork},
};

/// The maximum number of chains per read.
const CHAINS: u32 = 256;
/// The maximum number of entries per read and per commit.
const ENTRIES: u32 = 500;

/// Seals entries with a valid tag, and reports the others to the operator: the
/// service did not record them.
#[derive(Debug, Default)]
pub struct ChainSealer {
    /// The reported entries by chain.
    reported: HashMap<Option<TenantId>, Untagged>,
}

/// The entries of a chain without a valid tag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Untagged {
    count: u64,
    first: Option<AuditId>,
}

/// The result of sealing a chain.
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    /// The number of entries that were sealed.
    pub(crate) entries: u64,
    /// The number of accepted entries among them.
    pub(super) accepted: u64,
    untagged: Untagged,
}

impl ChainSealer {
    /// Seals unsealed entries of all chains and returns their number. Concurrent
    /// sealing by two processes is harmless: the slower commit is refused as a
    /// whole.
    pub async fn run(&mut self, services: &Services) -> Result<u64> {
        let mut sealed = 0;
        let mut untagged = HashMap::new();
        for chain in unsealed_chains(services).await? {
            match seal_chain(services, chain).await {
                Ok(outcome) => {
                    sealed += outcome.entries;
                    if outcome.untagged.count > 0 {
                        untagged.insert(chain, outcome.untagged);
                    }
                }
                Err(error) => {
                    untagged.extend(self.reported.get_key_value(&chain));
                    tracing::warn!(
                        chain = chain_name(chain),
                        %error,
                        "cannot seal an audit chain; retrying later"
                    );
                }
            }
        }
        self.report(untagged);
        Ok(sealed)
    }

    /// Logs the chains whose entries without a valid tag have changed.
    fn report(&mut self, untagged: HashMap<Option<TenantId>, Untagged>) {
        for (chain, found) in &untagged {
            if self.reported.get(chain) != Some(found) {
                tracing::error!(
                    chain = chain_name(*chain),
                    count = found.count,
                    first = found.first.map(tracing::field::display),
                    "audit entries without a valid tag are not sealed: the service did not record \
                     them; run tenantry fsck to list them"
                );
            }
        }
        self.reported = untagged;
    }
}

/// Returns the chains of active tenants and of the platform with unsealed entries.
pub(super) async fn unsealed_chains(services: &Services) -> Result<Vec<Option<TenantId>>> {
    let (mut chains, mut after) = (Vec::new(), None);
    loop {
        let index = services.store.upkeep();
        let page = index.unsealed_chains(after, CHAINS).await?;
        let is_last = page.len() < CHAINS as usize;
        after = page.last().copied().flatten();
        chains.extend(page);
        if is_last {
            return Ok(chains);
        }
    }
}

/// Seals all entries of one chain that have a valid tag.
pub(crate) async fn seal_chain(services: &Services, chain: Option<TenantId>) -> Result<Sealed> {
    seal_chain_with(services, chain, &HashSet::new()).await
}

/// Seals all entries of one chain that have a valid tag, or no tag and an
/// accepted id.
pub(super) async fn seal_chain_with(
    services: &Services,
    chain: Option<TenantId>,
    accepted_ids: &HashSet<AuditId>,
) -> Result<Sealed> {
    let mut sealer = Segments {
        services,
        chain,
        ids: accepted_ids,
        after: None,
        in_segment: 0,
        untagged: Untagged::default(),
    };
    let (mut entries, mut accepted) = (0, 0);
    loop {
        let (count, committed) = match chain {
            None => {
                let Some(seal) = sealer.next(services.store.audit()).await? else {
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
                let Some(seal) = sealer.next(store.audit()).await? else {
                    break;
                };
                let count = seal.seals.len();
                let mut work = store.begin();
                work.seal_audit(seal);
                (count, store.commit(work).await)
            }
        };
        match committed {
            Ok(()) => {
                entries += count as u64;
                accepted += sealer.in_segment;
            }
            // Another process was faster, or the tenant was just suspended.
            Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => break,
            Err(error) => return Err(Error::from(error)),
        }
    }
    Ok(Sealed {
        entries,
        accepted,
        untagged: sealer.untagged,
    })
}

/// The next segments of a chain. Each reads the entries after the previous one,
/// so that entries without a valid tag do not hold up the others.
struct Segments<'a> {
    services: &'a Services,
    chain: Option<TenantId>,
    /// The accepted entries without a tag.
    ids: &'a HashSet<AuditId>,
    after: Option<AuditPosition>,
    /// The number of accepted entries in the last segment.
    in_segment: u64,
    untagged: Untagged,
}

impl Segments<'_> {
    async fn next(&mut self, log: &dyn AuditLog) -> Result<Option<AuditSeal>> {
        loop {
            // Read the head first: a commit is then refused as stale if another
            // process seals entries in between.
            let from = log.head().await?;
            let entries = log.unsealed(self.after, ENTRIES).await?;
            let Some(last) = entries.last() else {
                return Ok(None);
            };
            self.after = Some(AuditPosition::of(last));
            let seals = self.seals(from, &entries);
            if !seals.is_empty() {
                return Ok(Some(AuditSeal {
                    tenant_id: self.chain,
                    from,
                    seals,
                }));
            }
        }
    }

    fn seals(&mut self, from: ChainHead, entries: &[AuditEntry]) -> Vec<(AuditId, Seal)> {
        self.in_segment = 0;
        let mut previous = from;
        let mut seals = Vec::with_capacity(entries.len());
        for entry in entries {
            let is_accepted = entry.tag.is_none() && self.ids.contains(&entry.id);
            if !is_accepted && !has_valid_tag(self.services.seals.as_ref(), entry) {
                self.untagged.count += 1;
                self.untagged.first.get_or_insert(entry.id);
                continue;
            }
            self.in_segment += u64::from(is_accepted);
            let sequence = previous.sequence + 1;
            let message = entry.canonical_bytes(sequence, &previous.hash);
            let hash = self.services.seals.seal(SealPurpose::Audit, &message);
            previous = ChainHead { sequence, hash };
            seals.push((entry.id, Seal { sequence, hash }));
        }
        seals
    }
}
