//! Audit entries of one chain.

use std::cmp::Reverse;

use async_trait::async_trait;
use tenantry_application::ports::{AuditLog, AuditQuery, PortError, SealedEntry};
use tenantry_domain::{
    audit::{AuditEntry, ChainHead},
    id::TenantId,
};

use crate::{
    shared::Shared,
    state::{Record, State},
};

/// Reads one chain.
#[derive(Debug)]
pub(crate) struct MemoryAuditLog {
    shared: Shared,
    chain: Option<TenantId>,
}

impl MemoryAuditLog {
    /// The log of a tenant's chain, or of the platform's.
    pub(crate) const fn new(shared: Shared, chain: Option<TenantId>) -> Self {
        Self { shared, chain }
    }

    fn records<'s>(&self, state: &'s State) -> impl Iterator<Item = &'s Record> + use<'s> {
        let chain = self.chain;
        let records = state.audit.values();
        records.filter(move |record| record.entry.tenant_id == chain)
    }
}

#[async_trait]
impl AuditLog for MemoryAuditLog {
    async fn list(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, PortError> {
        let state = self.shared.read();
        let entries = self.records(&state).map(|record| &record.entry);
        let mut found: Vec<_> = entries
            .filter(|entry| lets_through(query, entry))
            .cloned()
            .collect();
        found.sort_by_key(|entry| Reverse((entry.at, entry.id)));
        found.truncate(query.limit as usize);
        Ok(found)
    }

    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditEntry>, PortError> {
        let state = self.shared.read();
        let waiting = self.records(&state).filter(|record| record.seal.is_none());
        let mut found: Vec<_> = waiting.map(|record| record.entry.clone()).collect();
        found.sort_by_key(|entry| (entry.at, entry.id));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn head(&self) -> Result<ChainHead, PortError> {
        Ok(self.shared.read().chain(self.chain))
    }

    async fn sealed_after(&self, sequence: u64, limit: u32) -> Result<Vec<SealedEntry>, PortError> {
        let state = self.shared.read();
        let sealed = self.records(&state).filter_map(|record| {
            let seal = record.seal.clone()?;
            (seal.sequence > sequence).then(|| SealedEntry {
                entry: record.entry.clone(),
                seal,
            })
        });
        let mut found: Vec<_> = sealed.collect();
        found.sort_by_key(|sealed| sealed.seal.sequence);
        found.truncate(limit as usize);
        Ok(found)
    }
}

fn lets_through(query: &AuditQuery, entry: &AuditEntry) -> bool {
    let behind = query
        .after
        .is_none_or(|position| (entry.at, entry.id) < (position.at, position.id));
    let by_actor = query
        .actor
        .is_none_or(|actor| entry.actor.person() == Some(actor));
    let by_action = query
        .action
        .as_ref()
        .is_none_or(|action| entry.action == *action);
    let in_time =
        query.from.is_none_or(|from| entry.at >= from) && query.to.is_none_or(|to| entry.at < to);
    behind && by_actor && by_action && in_time
}
