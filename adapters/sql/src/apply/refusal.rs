//! Why a unit was refused.
//!
//! Whatever step a database stopped at, a refusal names the first class that
//! did not hold, in the order missing → stale → duplicate → quota over the
//! whole unit. The unit has been rolled back when this is asked, so what is
//! read is what the unit met. It is the slow way, one read or two a change,
//! and only refused units take it.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
};
use tenantry_application::{
    ports::{EpochSubject, PortError, Refusal, UniqueKey},
    work::{AuditSeal, Change, Expectation, Guard, GuardedSet, Kind, UnitOfWork, Write},
};
use tenantry_domain::{
    Revision,
    audit::ChainHead,
    id::{AuditId, TenantId},
    quota::{Quota, QuotaMovement},
    tenant::{ActiveTenant, Tenant, TenantStatus},
};

use crate::{
    convert::{Stored, big, chain_id, head_from_row, quota_from_row},
    dialect::Dialect,
    entity::{audit_chain, audit_entry, epoch, quota, tenant},
    error::port_error,
};

/// The refusal of a unit; `None` where every expectation holds after all.
/// `violated` is the key that the database itself found taken.
pub(crate) async fn refusal(
    db: &impl ConnectionTrait,
    unit: &UnitOfWork,
    violated: Option<UniqueKey>,
) -> Result<Option<Refusal>, PortError> {
    let facts = Facts { db, unit };
    let mut first: Option<Refusal> = None;
    for change in &unit.changes {
        let found = facts.refusal_of(change).await?;
        if let Some(found) = found
            && first.is_none_or(|first| class(found) < class(first))
        {
            first = Some(found);
        }
        if matches!(first, Some(Refusal::Missing(_))) {
            return Ok(first);
        }
    }
    // Two rows of one unit may want the same key, which reading cannot show.
    Ok(match (first, violated) {
        (None | Some(Refusal::Quota), Some(key)) => Some(Refusal::Duplicate(key)),
        (first, _) => first,
    })
}

fn class(refusal: Refusal) -> u8 {
    match refusal {
        Refusal::Missing(_) => 0,
        Refusal::Stale(_) => 1,
        Refusal::Duplicate(_) => 2,
        Refusal::Quota => 3,
    }
}

struct Facts<'a, C> {
    db: &'a C,
    unit: &'a UnitOfWork,
}

impl<C: ConnectionTrait> Facts<'_, C> {
    async fn refusal_of(&self, change: &Change) -> Result<Option<Refusal>, PortError> {
        match change {
            Change::Expect(Expectation::TenantActive(tenant)) => self.active(*tenant).await,
            Change::Expect(Expectation::Epoch(subject, epoch)) => {
                self.epoch_is(*subject, *epoch).await
            }
            Change::Identity(write) => self.row(write).await,
            Change::Tenant(write) => self.row(write).await,
            Change::Role(write) => self.row(write).await,
            Change::Membership(write) => self.row(write).await,
            Change::Session(write) => self.row(write).await,
            Change::File(write) => self.row(write).await,
            Change::Blob(write) => self.row(write).await,
            Change::Version(write) => self.row(write).await,
            Change::Job(write) => self.row(write).await,
            Change::Idempotency(write) => self.row(write).await,
            Change::Audit(entry) => self.entry_is_new(entry.id).await,
            Change::AuditSeal(seal) => self.seal(seal).await,
            Change::Guard(guard) => self.guard(*guard).await,
            Change::Epoch(..) => Ok(None),
            Change::QuotaOpen(tenant, _) => {
                let there = self.ledger(*tenant).await?.is_some();
                Ok(there.then_some(Refusal::Duplicate(UniqueKey::Id(Kind::Quota))))
            }
            Change::QuotaMove(tenant, movement) => self.movement(*tenant, *movement).await,
        }
    }

    /// A row with a revision: there, as it was read, its keys free.
    async fn row<T: Stored>(&self, write: &Write<T>) -> Result<Option<Refusal>, PortError> {
        let (id, revision, entity) = match write {
            Write::Add(entity) => {
                let taken = T::Table::find().filter(T::keyed(entity.id()));
                if read(taken.one(self.db).await)?.is_some() {
                    return Ok(Some(Refusal::Duplicate(UniqueKey::Id(T::KIND))));
                }
                return self.taken(entity).await;
            }
            Write::Update(entity) => (entity.id(), entity.revision(), Some(entity)),
            Write::Remove(id, revision) => (*id, *revision, None),
        };
        match self.revision_of::<T>(id).await? {
            None => Ok(Some(Refusal::Missing(T::KIND))),
            Some(stored) if stored != revision => Ok(Some(Refusal::Stale(T::KIND))),
            Some(_) => match entity {
                Some(entity) => self.taken(entity).await,
                None => Ok(None),
            },
        }
    }

    async fn revision_of<T: Stored>(&self, id: T::Id) -> Result<Option<Revision>, PortError> {
        let row = T::Table::find()
            .filter(T::keyed(id))
            .filter(T::within(self.unit.tenant))
            .one(self.db)
            .await;
        let entity = read(row)?.map(T::from_row).transpose()?;
        Ok(entity.map(|entity| entity.revision()))
    }

    /// The first key of a row that another row has, if the unit does not
    /// write that one too.
    async fn taken<T: Stored>(&self, entity: &T) -> Result<Option<Refusal>, PortError> {
        for (key, condition) in entity.unique_keys() {
            let row = T::Table::find().filter(condition).one(self.db).await;
            let Some(holder) = read(row)?.map(T::from_row).transpose()? else {
                continue;
            };
            let writes = self.unit.changes.iter().filter_map(T::written_by);
            if !writes.map(Write::id).any(|id| id == holder.id()) {
                return Ok(Some(Refusal::Duplicate(key)));
            }
        }
        Ok(None)
    }

    async fn active(&self, tenant: ActiveTenant) -> Result<Option<Refusal>, PortError> {
        let active = tenant::Entity::find()
            .filter(<Tenant as Stored>::keyed(tenant.id()))
            .filter(tenant::Column::Status.eq(TenantStatus::Active.as_str()))
            .one(self.db)
            .await;
        let missing = read(active)?.is_none();
        Ok(missing.then_some(Refusal::Missing(Kind::Tenant)))
    }

    async fn guard(&self, guard: Guard) -> Result<Option<Refusal>, PortError> {
        let stored = tenant::Entity::find()
            .filter(<Tenant as Stored>::keyed(guard.tenant_id))
            .one(self.db)
            .await;
        let tenant = match read(stored)? {
            Some(row) => Some(Tenant::from_row(row)?),
            None => self.added::<Tenant>(guard.tenant_id).cloned(),
        };
        let version = tenant.map(|tenant| match guard.set {
            GuardedSet::Members => tenant.members_version,
            GuardedSet::Roles => tenant.roles_version,
        });
        Ok(match (version, guard.expected) {
            (None, _) => Some(Refusal::Missing(Kind::Tenant)),
            (Some(version), Some(expected)) if version != expected => {
                Some(Refusal::Stale(Kind::Tenant))
            }
            _ => None,
        })
    }

    /// The row that the unit itself adds under an id.
    fn added<T: Stored>(&self, id: T::Id) -> Option<&T> {
        let mut writes = self.unit.changes.iter().filter_map(T::written_by);
        writes.find_map(|write| match write {
            Write::Add(entity) if entity.id() == id => Some(entity),
            _ => None,
        })
    }

    async fn epoch_is(
        &self,
        subject: EpochSubject,
        expected: u64,
    ) -> Result<Option<Refusal>, PortError> {
        let row = epoch::Entity::find_by_id(subject.as_uuid())
            .one(self.db)
            .await;
        let stored = read(row)?.map_or(0, |row| row.epoch);
        Ok((stored != big(expected)).then_some(Refusal::Stale(Kind::Epoch)))
    }

    async fn entry_is_new(&self, id: AuditId) -> Result<Option<Refusal>, PortError> {
        let row = audit_entry::Entity::find_by_id(id.as_uuid())
            .one(self.db)
            .await;
        let there = read(row)?.is_some();
        Ok(there.then_some(Refusal::Duplicate(UniqueKey::Id(Kind::Audit))))
    }

    async fn seal(&self, seal: &AuditSeal) -> Result<Option<Refusal>, PortError> {
        let chain = chain_id(seal.tenant_id);
        let ids = seal.seals.iter().map(|(id, _)| id.as_uuid());
        let dialect = Dialect::of(self.db.get_database_backend());
        let open = audit_entry::Entity::find()
            .select_only()
            .column_as(audit_entry::Column::Id.count(), "count")
            .filter(audit_entry::Column::ChainId.eq(chain))
            .filter(audit_entry::Column::Sequence.is_null())
            .filter(dialect.id_among(audit_entry::Column::Id, ids))
            .into_model::<Counted>()
            .one(self.db)
            .await;
        let open = read(open)?.map_or(0, |counted| counted.count);
        let added = seal.seals.iter().filter(|(id, _)| self.adds_entry(*id));
        if open + big(added.count() as u64) < big(seal.seals.len() as u64) {
            return Ok(Some(Refusal::Missing(Kind::Audit)));
        }
        let head = audit_chain::Entity::find_by_id(chain).one(self.db).await;
        let head = match read(head)? {
            Some(row) => head_from_row(&row)?,
            None => ChainHead::EMPTY,
        };
        Ok((head != seal.from).then_some(Refusal::Stale(Kind::AuditChain)))
    }

    fn adds_entry(&self, id: AuditId) -> bool {
        let mut changes = self.unit.changes.iter();
        changes.any(|change| matches!(change, Change::Audit(entry) if entry.id == id))
    }

    async fn ledger(&self, tenant: TenantId) -> Result<Option<Quota>, PortError> {
        let row = quota::Entity::find_by_id(tenant.as_uuid())
            .one(self.db)
            .await;
        read(row)?.as_ref().map(quota_from_row).transpose()
    }

    async fn movement(
        &self,
        tenant: TenantId,
        movement: QuotaMovement,
    ) -> Result<Option<Refusal>, PortError> {
        let opened = self.unit.changes.iter().find_map(|change| match change {
            Change::QuotaOpen(opened, limit_bytes) if *opened == tenant => Some(Quota {
                tenant_id: tenant,
                limit_bytes: *limit_bytes,
                used_bytes: 0,
                reserved_bytes: 0,
            }),
            _ => None,
        });
        let ledger = self.ledger(tenant).await?.or(opened);
        Ok(match ledger {
            None => Some(Refusal::Missing(Kind::Quota)),
            Some(ledger) if ledger.after(movement).is_none() => Some(Refusal::Quota),
            Some(_) => None,
        })
    }
}

#[derive(FromQueryResult)]
struct Counted {
    count: i64,
}

fn read<T>(result: Result<T, DbErr>) -> Result<T, PortError> {
    result.map_err(|error| port_error("find out why a unit of work was refused", error))
}
