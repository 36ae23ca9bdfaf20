//! The unit of work of the platform.

use std::marker::PhantomData;

use tenantry_domain::{
    Timestamp,
    audit::AuditEntry,
    epoch::EpochSubject,
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
    AuditSeal, Change, Entity, Expectation, GuardedSet, RowChange, Rows, Signal, UnitOfWork, Write,
    recorder::Recorder,
};
use crate::port_error::PortError;

/// Changes of the platform's rows. It may also carry the rows of one tenant, so
/// that registering an organization is one commit. Dropping it changes nothing.
#[derive(Debug, Default)]
pub struct PlatformWork {
    recorder: Recorder,
}

impl PlatformWork {
    /// Creates an empty unit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records writes of identities. A change of a user's permissions must also
    /// [raise the user's epoch](Self::raise_user_epoch).
    pub fn identities(&mut self) -> Rows<'_, Identity> {
        Rows::new(&mut self.recorder)
    }

    /// Records writes of tenants.
    pub fn tenants(&mut self) -> Rows<'_, Tenant> {
        Rows::new(&mut self.recorder)
    }

    /// Creates the quota of a new tenant.
    pub fn open_quota(&mut self, tenant: TenantId, limit_bytes: u64) {
        self.recorder.carry(tenant);
        self.recorder.push(Change::QuotaOpen(tenant, limit_bytes));
    }

    /// Records writes of sessions. Revoking a session must also
    /// [raise the user's epoch](Self::raise_user_epoch).
    pub fn sessions(&mut self) -> Rows<'_, Session> {
        Rows::new(&mut self.recorder)
    }

    /// Records writes of jobs of the platform, or of the tenant the unit carries.
    pub fn jobs(&mut self, tenant: Option<TenantId>) -> Rows<'_, Job> {
        if let Some(tenant) = tenant {
            self.recorder.carry(tenant);
        }
        Rows::new(&mut self.recorder)
    }

    /// Records writes of idempotency records, of users without a tenant or of
    /// the tenant the unit carries.
    pub fn idempotency(&mut self, tenant: Option<TenantId>) -> Rows<'_, IdempotencyRecord> {
        if let Some(tenant) = tenant {
            self.recorder.carry(tenant);
        }
        Rows::new(&mut self.recorder)
    }

    /// Records writes of memberships; raises the tenant's members guard and
    /// the user's epoch.
    pub fn memberships(&mut self, now: Timestamp) -> GuardedRows<'_, Membership> {
        GuardedRows::new(&mut self.recorder, now)
    }

    /// Records writes of roles; raises the tenant's roles guard and its epoch.
    pub fn roles(&mut self, now: Timestamp) -> GuardedRows<'_, Role> {
        GuardedRows::new(&mut self.recorder, now)
    }

    /// Refuses the unit as stale if any membership of the tenant changed since
    /// the tenant was read.
    pub fn expect_members(&mut self, tenant: &Tenant) {
        let version = Some(tenant.members_version);
        self.recorder
            .raise_guard(tenant.id, GuardedSet::Members, version);
    }

    /// Refuses the unit as stale if any role of the tenant changed since the
    /// tenant was read.
    pub fn expect_roles(&mut self, tenant: &Tenant) {
        let version = Some(tenant.roles_version);
        self.recorder
            .raise_guard(tenant.id, GuardedSet::Roles, version);
    }

    /// Invalidates the cached permissions of a user in every process.
    pub fn raise_user_epoch(&mut self, user: UserId, now: Timestamp) {
        self.recorder.raise_epoch(EpochSubject::User(user), now);
    }

    /// Invalidates the cached permissions of all members of a tenant in every
    /// process.
    pub fn raise_tenant_epoch(&mut self, tenant: TenantId, now: Timestamp) {
        self.recorder.raise_epoch(EpochSubject::Tenant(tenant), now);
    }

    /// Refuses the unit as stale if the epoch has changed.
    pub fn expect_epoch(&mut self, subject: EpochSubject, epoch: u64) {
        self.recorder.expect(Expectation::Epoch(subject, epoch));
    }

    /// Adds an audit entry to the chain of the tenant it names, or to the
    /// platform's chain.
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
                .blame("the chain of a tenant is sealed through the platform");
        }
        self.recorder.push(Change::AuditSeal(seal));
    }

    /// Returns the signals to publish after the commit.
    pub fn signals(&self) -> Vec<Signal> {
        self.recorder.signals()
    }

    /// Returns the unit for a store.
    pub fn finish(self) -> Result<UnitOfWork, PortError> {
        self.recorder.finish()
    }
}

/// Records writes of rows that raise a guard and an epoch with every change.
#[derive(Debug)]
pub struct GuardedRows<'w, T> {
    recorder: &'w mut Recorder,
    now: Timestamp,
    kind: PhantomData<T>,
}

/// A row that belongs to a guarded set.
pub trait GuardedRow: Entity {
    /// The set.
    const SET: GuardedSet;

    /// Returns the subject whose epoch a change raises.
    fn epoch_subject(&self) -> EpochSubject;
}

impl GuardedRow for Membership {
    const SET: GuardedSet = GuardedSet::Members;

    fn epoch_subject(&self) -> EpochSubject {
        EpochSubject::User(self.user_id)
    }
}

impl GuardedRow for Role {
    const SET: GuardedSet = GuardedSet::Roles;

    fn epoch_subject(&self) -> EpochSubject {
        EpochSubject::Tenant(self.tenant_id)
    }
}

impl<'w, T: GuardedRow> GuardedRows<'w, T>
where
    RowChange: From<Write<T>>,
{
    fn new(recorder: &'w mut Recorder, now: Timestamp) -> Self {
        Self {
            recorder,
            now,
            kind: PhantomData,
        }
    }

    /// Adds a row; refused if its id or one of its unique keys is taken.
    pub fn add(self, row: &T) {
        self.raise(row).add(row);
    }

    /// Replaces the row; refused if it was removed or changed since it was read.
    pub fn update(self, row: &T) {
        self.raise(row).update(row);
    }

    /// Removes the row; refused if it was removed or changed since it was read.
    pub fn remove(self, row: &T) {
        self.raise(row).remove(row);
    }

    fn raise(self, row: &T) -> Rows<'w, T> {
        if let Some(tenant) = row.tenant() {
            self.recorder.carry(tenant);
            self.recorder.raise_guard(tenant, T::SET, None);
        }
        self.recorder.raise_epoch(row.epoch_subject(), self.now);
        Rows::new(self.recorder)
    }
}
