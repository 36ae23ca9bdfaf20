//! Writing a unit whose every expectation holds. Nothing here can fail.

use tenantry_application::{
    ports::EpochChange,
    work::{AuditSeal, Change, UnitOfWork, Write},
};
use tenantry_domain::Revision;

use super::quota::empty;
use crate::{
    row::{Row, on_row},
    state::{Record, State},
};

pub(super) fn all(state: &mut State, unit: &UnitOfWork) {
    for change in &unit.changes {
        one(state, change);
    }
}

fn one(state: &mut State, change: &Change) {
    match change {
        Change::Audit(entry) => {
            let record = Record {
                entry: entry.clone(),
                seal: None,
            };
            state.audit.insert(entry.id, record);
        }
        Change::AuditSeal(seal) => seal_entries(state, seal),
        Change::Guard(guard) => {
            *state
                .guards
                .entry((guard.tenant_id, guard.set))
                .or_default() += 1;
        }
        Change::Epoch(subject, at) => {
            let raised = EpochChange {
                subject: *subject,
                epoch: state.epoch(*subject) + 1,
                changed_at: *at,
            };
            state.epochs.insert(*subject, raised);
        }
        Change::QuotaOpen(tenant, limit) => {
            state.quotas.insert(*tenant, empty(*tenant, *limit));
        }
        Change::QuotaMove(tenant, movement) => {
            if let Some(ledger) = state.quotas.get_mut(tenant) {
                *ledger = ledger.after(*movement).unwrap_or(*ledger);
            }
        }
        _ => on_row!(change, write => row(state, write), _ => ()),
    }
}

fn row<T: Row>(state: &mut State, write: &Write<T>) {
    if let Some(old) = T::table_mut(state).remove(&write.id()) {
        for claim in old.claims() {
            state.claims.remove(&claim);
        }
    }
    let new = match write {
        Write::Remove(..) => return,
        Write::Update(new) => new.at(new.revision().next()),
        Write::Add(new) => new.at(Revision::FIRST),
    };
    state.claims.extend(new.claims());
    T::table_mut(state).insert(new.id(), new);
}

fn seal_entries(state: &mut State, seal: &AuditSeal) {
    for (id, place) in &seal.seals {
        if let Some(record) = state.audit.get_mut(id) {
            record.seal = Some(place.clone());
        }
    }
    state.chains.insert(seal.tenant_id, seal.to());
}
