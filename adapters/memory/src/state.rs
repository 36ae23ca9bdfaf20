//! Everything that is stored.

use std::collections::{BTreeMap, HashSet};

use tenantry_application::{
    ports::{EpochChange, EpochSubject},
    work::{Entity, GuardedSet},
};
use tenantry_domain::{
    audit::{AuditEntry, ChainHead, Seal},
    blob::Blob,
    file::File,
    id::{AuditId, TenantId},
    idempotency::IdempotencyRecord,
    identity::Identity,
    job::Job,
    membership::Membership,
    quota::Quota,
    role::Role,
    session::Session,
    tenant::{Tenant, TenantStatus},
    version::FileVersion,
};

use crate::row::Claim;

/// Rows of one kind by their ids.
pub(crate) type Table<T> = BTreeMap<<T as Entity>::Id, T>;

/// All rows of all tenants.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) identities: Table<Identity>,
    /// Without their guards: see [`with_guards`](Self::with_guards).
    pub(crate) tenants: Table<Tenant>,
    pub(crate) roles: Table<Role>,
    pub(crate) memberships: Table<Membership>,
    pub(crate) sessions: Table<Session>,
    pub(crate) files: Table<File>,
    pub(crate) blobs: Table<Blob>,
    pub(crate) versions: Table<FileVersion>,
    pub(crate) jobs: Table<Job>,
    pub(crate) idempotency: Table<IdempotencyRecord>,
    pub(crate) audit: BTreeMap<AuditId, Record>,
    pub(crate) chains: BTreeMap<Option<TenantId>, ChainHead>,
    pub(crate) guards: BTreeMap<(TenantId, GuardedSet), u64>,
    pub(crate) epochs: BTreeMap<EpochSubject, EpochChange>,
    pub(crate) quotas: BTreeMap<TenantId, Quota>,
    /// The unique keys that rows hold.
    pub(crate) claims: HashSet<Claim>,
}

/// An audit entry and its place in the chain, once it has one.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) entry: AuditEntry,
    pub(crate) seal: Option<Seal>,
}

impl State {
    pub(crate) fn is_active(&self, tenant: TenantId) -> bool {
        let tenant = self.tenants.get(&tenant);
        tenant.is_some_and(|tenant| tenant.status == TenantStatus::Active)
    }

    pub(crate) fn guard(&self, tenant: TenantId, set: GuardedSet) -> u64 {
        self.guards.get(&(tenant, set)).copied().unwrap_or(0)
    }

    pub(crate) fn epoch(&self, subject: EpochSubject) -> u64 {
        self.epochs.get(&subject).map_or(0, |change| change.epoch)
    }

    pub(crate) fn chain(&self, tenant: Option<TenantId>) -> ChainHead {
        self.chains
            .get(&tenant)
            .copied()
            .unwrap_or(ChainHead::EMPTY)
    }

    /// A tenant as it is read. Guards are kept apart from the row, because
    /// writing the row leaves them alone and raising them leaves it alone.
    pub(crate) fn with_guards(&self, tenant: &Tenant) -> Tenant {
        Tenant {
            members_version: self.guard(tenant.id, GuardedSet::Members),
            roles_version: self.guard(tenant.id, GuardedSet::Roles),
            ..tenant.clone()
        }
    }
}
