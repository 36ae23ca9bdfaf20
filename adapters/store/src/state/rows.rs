//! The rows of a state.

use std::collections::HashSet;

use tenantry_application::{
    ports::{EpochChange, EpochSubject},
    work::{BlobReferences, GuardedSet, Write},
};
use tenantry_domain::{
    audit::ChainHead,
    blob::Blob,
    id::TenantId,
    quota::Quota,
    tenant::{Tenant, TenantStatus},
};

use crate::{
    Claim, Key, Stored, StoredEntity, claims,
    records::{AuditChain, chain_id},
    tables::Tables,
};

/// Stored rows in memory, and the unique keys they hold.
#[derive(Debug, Default)]
pub struct State {
    tables: Tables,
    claims: HashSet<Claim>,
    /// The number of the last raise of an epoch.
    ordinal: u64,
}

impl State {
    /// Adds a stored row with the unique keys it holds.
    pub fn load<T: Stored>(&mut self, row: T) {
        self.claims.extend(claims(&row));
        T::table_mut(&mut self.tables).insert(row.key(), row);
    }

    /// Marks a unique key as held by a row that is not loaded.
    pub fn load_claim(&mut self, claim: Claim) {
        self.claims.insert(claim);
    }

    /// Sets the number of the last raise of an epoch.
    pub const fn load_ordinal(&mut self, ordinal: u64) {
        self.ordinal = ordinal;
    }

    /// Returns the number of the last raise of an epoch.
    pub const fn ordinal(&self) -> u64 {
        self.ordinal
    }

    /// Returns the row of a primary key.
    pub fn get<T: Stored>(&self, key: impl Into<Key>) -> Option<&T> {
        T::table(&self.tables).get(&key.into())
    }

    /// Returns the row of a primary key, to change columns that are not part of
    /// a unique key.
    pub fn get_mut<T: Stored>(&mut self, key: impl Into<Key>) -> Option<&mut T> {
        T::table_mut(&mut self.tables).get_mut(&key.into())
    }

    /// Returns all rows of a type by ascending primary key.
    pub fn all<T: Stored>(&self) -> impl Iterator<Item = &T> {
        T::table(&self.tables).values()
    }

    /// Returns whether a row holds a unique key.
    pub fn is_claimed(&self, claim: &Claim) -> bool {
        self.claims.contains(claim)
    }

    /// Removes a row and the unique keys it holds.
    pub fn remove<T: Stored>(&mut self, key: Key) -> Option<T> {
        let row = T::table_mut(&mut self.tables).remove(&key)?;
        for claim in claims(&row) {
            self.claims.remove(&claim);
        }
        Some(row)
    }

    /// Returns whether a tenant exists and is active.
    pub fn is_active(&self, tenant: TenantId) -> bool {
        self.get::<Tenant>(tenant)
            .is_some_and(|tenant| tenant.status == TenantStatus::Active)
    }

    /// Returns the epoch of a subject; 0 if it was never raised.
    pub fn epoch(&self, subject: EpochSubject) -> u64 {
        self.get::<EpochChange>(subject.as_uuid())
            .map_or(0, |change| change.epoch)
    }

    pub(super) fn guard(&self, tenant: TenantId, set: GuardedSet) -> u64 {
        let tenant = self.get::<Tenant>(tenant);
        tenant.map_or(0, |tenant| match set {
            GuardedSet::Members => tenant.members_version,
            GuardedSet::Roles => tenant.roles_version,
        })
    }

    /// Returns the end of an audit chain.
    pub fn chain(&self, tenant: Option<TenantId>) -> ChainHead {
        self.get::<AuditChain>(chain_id(tenant))
            .map_or(ChainHead::EMPTY, |chain| chain.head)
    }

    pub(super) fn quota(&self, tenant: TenantId) -> Option<Quota> {
        self.get::<Quota>(tenant).copied()
    }

    /// Returns the blob whose references a unit shifts. A blob of another tenant
    /// is invisible to it.
    pub(super) fn referenced(&self, references: BlobReferences) -> Option<&Blob> {
        let blob = self.get::<Blob>(references.blob_id)?;
        (blob.tenant_id == references.tenant_id).then_some(blob)
    }

    /// Returns the stored row that an update or removal refers to. A row with
    /// another owner is invisible to it.
    pub(super) fn stored<T: StoredEntity>(&self, write: &Write<T>) -> Option<&T> {
        let row = self.get::<T>(write.id())?;
        (row.tenant() == write.tenant()).then_some(row)
    }
}
