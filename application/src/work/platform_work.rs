//! The unit of work of the platform.

use tenantry_domain::{
    Timestamp,
    audit::AuditEntry,
    id::{TenantId, UserId},
    idempotency::IdempotencyRecord,
    identity::Identity,
    job::Job,
    membership::Membership,
    role::Role,
    session::Session,
    tenant::Tenant,
};

use super::{
    AuditSeal, Change, Entity, Expectation, GuardedSet, Rows, UnitOfWork, Write, recorder::Recorder,
};
use crate::ports::{EpochSubject, PortError, Signal};

/// Changes of what belongs to no tenant. It may carry the rows of one tenant
/// as well, so that registering a company is one commit. Dropping it leaves
/// nothing.
#[derive(Debug, Default)]
pub struct PlatformWork {
    recorder: Recorder,
}

impl PlatformWork {
    /// An empty unit.
    pub fn new() -> Self {
        Self::default()
    }

    /// People. Whoever changes what a person may do raises their epoch too:
    /// see [`raise_user_epoch`](Self::raise_user_epoch).
    pub fn identities(&mut self) -> Rows<'_, Identity> {
        Rows::new(&mut self.recorder, Change::Identity)
    }

    /// Tenants.
    pub fn tenants(&mut self) -> Rows<'_, Tenant> {
        Rows::new(&mut self.recorder, Change::Tenant)
    }

    /// Makes the ledger of a new tenant.
    pub fn open_quota(&mut self, tenant: TenantId, limit_bytes: u64) {
        self.recorder.carry(tenant);
        self.recorder.push(Change::QuotaOpen(tenant, limit_bytes));
    }

    /// Sessions. Ending one raises the epoch of its person too: see
    /// [`raise_user_epoch`](Self::raise_user_epoch).
    pub fn sessions(&mut self) -> Rows<'_, Session> {
        Rows::new(&mut self.recorder, Change::Session)
    }

    /// Jobs of the platform, or of the tenant whose rows the unit carries.
    pub fn jobs(&mut self, tenant: Option<TenantId>) -> Rows<'_, Job> {
        if let Some(tenant) = tenant {
            self.recorder.carry(tenant);
        }
        Rows::new(&mut self.recorder, Change::Job)
    }

    /// Requests with an idempotency key, of people without a tenant or of the
    /// tenant whose rows the unit carries.
    pub fn idempotency(&mut self, tenant: Option<TenantId>) -> Rows<'_, IdempotencyRecord> {
        if let Some(tenant) = tenant {
            self.recorder.carry(tenant);
        }
        Rows::new(&mut self.recorder, Change::Idempotency)
    }

    /// Memberships; raises the guard of the tenant's members and the person's
    /// epoch by itself.
    pub fn memberships(&mut self, now: Timestamp) -> Guarded<'_, Membership> {
        let change = Change::Membership;
        Guarded {
            recorder: &mut self.recorder,
            set: GuardedSet::Members,
            change,
            now,
        }
    }

    /// Roles; raises the guard of the tenant's roles and the tenant's epoch
    /// by itself.
    pub fn roles(&mut self, now: Timestamp) -> Guarded<'_, Role> {
        let change = Change::Role;
        Guarded {
            recorder: &mut self.recorder,
            set: GuardedSet::Roles,
            change,
            now,
        }
    }

    /// Refuses the unit as stale when a membership of the tenant changed since
    /// the tenant was read: for decisions over all of them.
    pub fn expect_members(&mut self, tenant: &Tenant) {
        let version = Some(tenant.members_version);
        self.recorder
            .raise_guard(tenant.id, GuardedSet::Members, version);
    }

    /// The same for roles.
    pub fn expect_roles(&mut self, tenant: &Tenant) {
        let version = Some(tenant.roles_version);
        self.recorder
            .raise_guard(tenant.id, GuardedSet::Roles, version);
    }

    /// Makes every process read again what the person may do.
    pub fn raise_user_epoch(&mut self, user: UserId, now: Timestamp) {
        self.recorder.raise_epoch(EpochSubject::User(user), now);
    }

    /// Makes every process read again what anyone in the tenant may do.
    pub fn raise_tenant_epoch(&mut self, tenant: TenantId, now: Timestamp) {
        self.recorder.raise_epoch(EpochSubject::Tenant(tenant), now);
    }

    /// Refuses the unit as stale when what somebody may do has changed.
    pub fn expect_epoch(&mut self, subject: EpochSubject, epoch: u64) {
        self.recorder.expect(Expectation::Epoch(subject, epoch));
    }

    /// Adds an audit entry, to the chain of the tenant it names or to the
    /// platform's.
    pub fn audit(&mut self, entry: AuditEntry) {
        if let Some(tenant) = entry.tenant_id {
            self.recorder.carry(tenant);
        }
        self.recorder.audit(entry);
    }

    /// Seals the next entries of the platform's chain.
    pub fn seal_audit(&mut self, seal: AuditSeal) {
        if seal.tenant_id.is_some() {
            self.recorder
                .blame("a tenant's chain is sealed through its own handle");
        }
        self.recorder.push(Change::AuditSeal(seal));
    }

    /// What other processes may want to hear of once the unit is committed.
    pub fn signals(&self) -> Vec<Signal> {
        self.recorder.signals()
    }

    /// What a store takes.
    pub fn finish(self) -> Result<UnitOfWork, PortError> {
        self.recorder.finish()
    }
}

/// The verbs for rows whose every change raises a guard and an epoch.
#[derive(Debug)]
pub struct Guarded<'w, T: Entity> {
    recorder: &'w mut Recorder,
    set: GuardedSet,
    change: fn(Write<T>) -> Change,
    now: Timestamp,
}

/// Whose epoch a change of a row raises.
pub trait RaisesEpoch {
    /// The person or the tenant.
    fn raises(&self) -> EpochSubject;
}

impl RaisesEpoch for Membership {
    fn raises(&self) -> EpochSubject {
        EpochSubject::User(self.user_id)
    }
}

impl RaisesEpoch for Role {
    fn raises(&self) -> EpochSubject {
        EpochSubject::Tenant(self.tenant_id)
    }
}

impl<T: Entity + RaisesEpoch + Clone> Guarded<'_, T> {
    /// Adds a row; refused when its id or a unique key of it is taken.
    pub fn add(self, row: &T) {
        let (recorder, change) = self.raise(row);
        Rows::new(recorder, change).add(row);
    }

    /// Writes a row over the one it was read from; refused when that is gone
    /// or was written since.
    pub fn update(self, row: &T) {
        let (recorder, change) = self.raise(row);
        Rows::new(recorder, change).update(row);
    }

    /// Removes a row; refused when it is gone or was written since it was read.
    pub fn remove(self, row: &T) {
        let (recorder, change) = self.raise(row);
        Rows::new(recorder, change).remove(row);
    }
}

impl<'w, T: Entity + RaisesEpoch> Guarded<'w, T> {
    fn raise(self, row: &T) -> (&'w mut Recorder, fn(Write<T>) -> Change) {
        if let Some(tenant) = row.tenant() {
            self.recorder.carry(tenant);
            self.recorder.raise_guard(tenant, self.set, None);
        }
        self.recorder.raise_epoch(row.raises(), self.now);
        (self.recorder, self.change)
    }
}
