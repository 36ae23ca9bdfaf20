//! The heads of audit chains, published outside of the store, so that the store
//! cannot lose the end of a chain unnoticed.

use std::collections::{HashMap, HashSet};

use tenantry_domain::{
    audit::{ChainHead, PublishedHead},
    id::TenantId,
};

use super::{chain::chain_name, seal::ChainSealer};
use crate::{error::Result, services::Services};

/// The number of heads per read.
const BATCH: u32 = 500;

/// A difference between a chain and a head that was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadMismatch {
    /// The chain ends before the head.
    Truncated {
        /// The published head.
        published: PublishedHead,
        /// The sequence number of the last entry; 0 in an empty chain.
        ends_at: u64,
    },
    /// The entry at the place of the head is missing or another one.
    Rewritten(PublishedHead),
}

/// Returns the heads of all chains, after sealing their entries.
pub async fn audit_heads(services: &Services) -> Result<Vec<PublishedHead>> {
    ChainSealer::default().run(services).await?;
    list_heads(services).await
}

/// Returns the heads of all chains with sealed entries.
async fn list_heads(services: &Services) -> Result<Vec<PublishedHead>> {
    let (mut heads, mut after) = (Vec::new(), None);
    loop {
        let page = services.store.audit_chains().list(after, BATCH).await?;
        let is_last = page.len() < BATCH as usize;
        after = page.last().and_then(|last| last.tenant_id);
        heads.extend(page);
        if is_last {
            return Ok(heads);
        }
    }
}

/// Returns the difference between a chain and a published head. Whether the
/// entries up to the head are intact is up to
/// [`verify_chain`](super::verify_chain).
pub async fn check_head(
    services: &Services,
    published: PublishedHead,
) -> Result<Option<HeadMismatch>> {
    let chains = services.store.audit_chains();
    let PublishedHead { tenant_id, head } = published;
    let ends_at = chains.head(tenant_id).await?.sequence;
    if ends_at < head.sequence {
        return Ok(Some(HeadMismatch::Truncated { published, ends_at }));
    }
    if head == ChainHead::EMPTY {
        return Ok(None);
    }
    let hash = chains.hash_at(tenant_id, head.sequence).await?;
    Ok((hash != Some(head.hash)).then_some(HeadMismatch::Rewritten(published)))
}

/// Publishes the heads of chains in the log, and checks that each chain still
/// contains the head that this process published before.
#[derive(Debug, Default)]
pub struct HeadPublisher {
    published: HashMap<Option<TenantId>, ChainHead>,
}

impl HeadPublisher {
    /// Logs each head that has changed since it was last logged, and returns
    /// their number.
    pub async fn run(&mut self, services: &Services) -> Result<u64> {
        let heads = list_heads(services).await?;
        let mut count = 0;
        for head in &heads {
            count += u64::from(self.publish(services, *head).await?);
        }
        let listed = heads.iter().map(|head| head.tenant_id).collect();
        self.check_missing(services, &listed).await?;
        Ok(count)
    }

    async fn publish(&mut self, services: &Services, current: PublishedHead) -> Result<bool> {
        let PublishedHead { tenant_id, head } = current;
        let known = self.published.get(&tenant_id).copied();
        if known == Some(head) {
            return Ok(false);
        }
        if let Some(head) = known {
            let published = PublishedHead { tenant_id, head };
            report(check_head(services, published).await?);
        }
        // The text is the argument of `fsck --audit-head`.
        tracing::info!(
            chain = chain_name(tenant_id),
            sequence = head.sequence,
            "audit head {current}"
        );
        self.published.insert(tenant_id, head);
        Ok(true)
    }

    /// Reports and forgets the chains of existing tenants that have no head any
    /// more.
    async fn check_missing(
        &mut self,
        services: &Services,
        listed: &HashSet<Option<TenantId>>,
    ) -> Result<()> {
        let known = self.published.keys().copied();
        let missing: Vec<_> = known.filter(|chain| !listed.contains(chain)).collect();
        for chain in missing {
            let exists = match chain {
                None => true,
                Some(tenant) => services.store.tenants().lookup(tenant).await?.is_some(),
            };
            if let Some(head) = self.published.remove(&chain).filter(|_| exists) {
                let tenant_id = chain;
                let published = PublishedHead { tenant_id, head };
                report(check_head(services, published).await?);
            }
        }
        Ok(())
    }
}

fn report(mismatch: Option<HeadMismatch>) {
    match mismatch {
        None => {}
        Some(HeadMismatch::Truncated { published, ends_at }) => tracing::error!(
            published = %published,
            ends_at,
            "an audit chain ends before its published head: entries were removed; keep the log and \
             restore the database from a backup"
        ),
        Some(HeadMismatch::Rewritten(published)) => tracing::error!(
            published = %published,
            "an audit chain does not contain its published head: entries were replaced; keep the \
             log and restore the database from a backup"
        ),
    }
}
