//! The rows and unique keys that a unit depends on.

use std::collections::{BTreeSet, HashSet};

use tenantry_application::{
    match_row_change,
    work::{Change, Expectation, Kind, UnitOfWork, Write},
};

use crate::{Claim, Key, StoredEntity, claims, records::chain_id};

/// The rows and unique keys to load before a unit is applied.
#[derive(Debug, Default)]
pub struct Lookups {
    /// Rows by kind and primary key.
    pub rows: BTreeSet<(Kind, Key)>,
    /// Unique keys that the unit takes. Keys held by rows it replaces are not
    /// among them.
    pub claims: HashSet<Claim>,
    /// Whether the number of the last raise of an epoch is needed.
    pub ordinal: bool,
}

/// Adds the rows and unique keys that a unit depends on.
pub fn lookups(unit: &UnitOfWork, found: &mut Lookups) {
    let rows = &mut found.rows;
    for change in &unit.changes {
        match change {
            Change::Expect(Expectation::TenantActive(tenant)) => {
                rows.insert((Kind::Tenant, tenant.id().into()));
            }
            Change::Expect(Expectation::Epoch(subject, _)) => {
                rows.insert((Kind::Epoch, subject.as_uuid().into()));
            }
            Change::Epoch(subject, _) => {
                rows.insert((Kind::Epoch, subject.as_uuid().into()));
                found.ordinal = true;
            }
            Change::Row(row) => match_row_change!(row, write => {
                rows.insert((row.kind(), write.id().into()));
                found.claims.extend(taken(write));
            }),
            Change::References(references) => {
                rows.insert((Kind::Blob, references.blob_id.into()));
            }
            Change::Guard(guard) => {
                rows.insert((Kind::Tenant, guard.tenant_id.into()));
            }
            Change::QuotaOpen(tenant, _) | Change::QuotaMove(tenant, _) => {
                rows.insert((Kind::Quota, (*tenant).into()));
            }
            Change::Audit(entry) => {
                rows.insert((Kind::Audit, entry.id.into()));
            }
            Change::AuditSeal(seal) => {
                rows.insert((Kind::AuditChain, chain_id(seal.tenant_id).into()));
                let entries = seal.seals.iter().map(|(id, _)| (Kind::Audit, (*id).into()));
                rows.extend(entries);
            }
        }
    }
}

fn taken<T: StoredEntity>(write: &Write<T>) -> Vec<Claim> {
    match write {
        Write::Update(row) | Write::Add(row) => claims(row),
        Write::Remove(..) => Vec::new(),
    }
}
