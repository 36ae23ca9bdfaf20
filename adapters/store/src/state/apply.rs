//! Writing a unit whose expectations hold. Nothing here can fail.

use tenantry_application::{
    match_row_change,
    ports::{EpochChange, Refusal},
    work::{AuditSeal, BlobReferences, Change, Guard, GuardedSet, Kind, UnitOfWork, Write},
};
use tenantry_domain::{Revision, quota::Quota, tenant::Tenant};

use super::rows::State;
use crate::{
    Claim, Key, Stored, StoredEntity, claims,
    records::{AuditChain, AuditRecord},
};

/// The rows and unique keys that a unit changed.
#[derive(Debug, Default)]
pub struct Touched {
    /// Rows by kind and primary key.
    pub rows: Vec<(Kind, Key)>,
    /// Unique keys.
    pub claims: Vec<Claim>,
}

impl State {
    /// Applies all of a unit, or nothing and returns the reason.
    pub fn apply(&mut self, unit: &UnitOfWork) -> Result<Touched, Refusal> {
        self.check(unit)?;
        let mut writer = Writer {
            state: self,
            touched: Touched::default(),
        };
        for change in &unit.changes {
            writer.change(change);
        }
        Ok(writer.touched)
    }
}

struct Writer<'s> {
    state: &'s mut State,
    touched: Touched,
}

impl Writer<'_> {
    fn change(&mut self, change: &Change) {
        match change {
            Change::Expect(_) => {}
            Change::Row(row) => match_row_change!(row, write => self.row(write)),
            Change::Audit(entry) => self.put(AuditRecord {
                entry: entry.clone(),
                seal: None,
            }),
            Change::AuditSeal(seal) => self.seal(seal),
            Change::References(references) => self.refer(*references),
            Change::Guard(guard) => self.raise(*guard),
            Change::Epoch(subject, at) => {
                let ordinal = self.state.ordinal() + 1;
                self.state.load_ordinal(ordinal);
                self.put(EpochChange {
                    subject: *subject,
                    epoch: self.state.epoch(*subject) + 1,
                    changed_at: *at,
                    ordinal: Some(ordinal),
                });
            }
            Change::QuotaOpen(tenant, limit) => self.put(Quota::new(*tenant, *limit)),
            Change::QuotaMove(tenant, movement) => {
                let quota = self.state.get::<Quota>(*tenant);
                if let Some(quota) = quota.and_then(|quota| quota.after(*movement)) {
                    self.put(quota);
                }
            }
        }
    }

    fn row<T: StoredEntity>(&mut self, write: &Write<T>) {
        let key: Key = write.id().into();
        self.touched.rows.push((<T as Stored>::KIND, key));
        let old = self.state.remove::<T>(key);
        self.touched.claims.extend(old.iter().flat_map(claims));
        let new = match write {
            Write::Remove(..) => return,
            Write::Update(new) => {
                let mut new = new.clone();
                new.set_revision(new.revision().next());
                old.map_or(new.clone(), |old| T::keep_counters(new, &old))
            }
            Write::Add(new) => {
                let mut new = new.clone();
                new.set_revision(Revision::FIRST);
                new
            }
        };
        self.touched.claims.extend(claims(&new));
        self.state.load(new);
    }

    fn put<T: Stored>(&mut self, row: T) {
        self.touched.rows.push((T::KIND, row.key()));
        self.state.load(row);
    }

    fn refer(&mut self, references: BlobReferences) {
        if let Some(mut blob) = self.state.referenced(references).cloned()
            && blob.shift_references(references.shift).is_ok()
        {
            blob.revision = blob.revision.next();
            self.put(blob);
        }
    }

    fn raise(&mut self, guard: Guard) {
        let Some(tenant) = self.state.get_mut::<Tenant>(guard.tenant_id) else {
            return;
        };
        match guard.set {
            GuardedSet::Members => tenant.members_version += 1,
            GuardedSet::Roles => tenant.roles_version += 1,
        }
        let key = guard.tenant_id.into();
        self.touched.rows.push((Kind::Tenant, key));
    }

    fn seal(&mut self, seal: &AuditSeal) {
        for (id, place) in &seal.seals {
            if let Some(record) = self.state.get_mut::<AuditRecord>(*id) {
                record.seal = Some(place.clone());
                self.touched.rows.push((Kind::Audit, (*id).into()));
            }
        }
        self.put(AuditChain {
            tenant_id: seal.tenant_id,
            head: seal.to(),
        });
    }
}
