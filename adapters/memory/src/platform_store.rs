//! The handle on what belongs to no tenant.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_application::{
    ports::{
        AccessRepository, AuditLog, CommitError, EpochRepository, IdempotencyRepository,
        IdentityRepository, JobQueue, MembershipRepository, PlatformStore, PortError,
        RoleRepository, SessionRepository, TenantRepository, TenantStore, UpkeepIndex,
    },
    work::PlatformWork,
};
use tenantry_domain::tenant::ActiveTenant;

use crate::{
    access_repository::MemoryAccessRepository, audit_log::MemoryAuditLog,
    epoch_repository::MemoryEpochRepository, idempotency_repository::MemoryIdempotencyRepository,
    identity_repository::MemoryIdentityRepository, job_queue::MemoryJobQueue,
    membership_repository::MemoryMembershipRepository, role_repository::MemoryRoleRepository,
    session_repository::MemorySessionRepository, shared::Shared,
    tenant_repository::MemoryTenantRepository, tenant_store::MemoryTenantStore,
    upkeep_index::MemoryUpkeepIndex,
};

/// All metadata in the memory of this process: for tests and trials.
#[derive(Debug)]
pub struct MemoryStore {
    shared: Shared,
    identities: MemoryIdentityRepository,
    tenants: MemoryTenantRepository,
    memberships: MemoryMembershipRepository,
    roles: MemoryRoleRepository,
    sessions: MemorySessionRepository,
    access: MemoryAccessRepository,
    epochs: MemoryEpochRepository,
    jobs: MemoryJobQueue,
    idempotency: MemoryIdempotencyRepository,
    audit: MemoryAuditLog,
    upkeep: MemoryUpkeepIndex,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        let shared = Shared::default();
        Self {
            identities: MemoryIdentityRepository::new(shared.clone()),
            tenants: MemoryTenantRepository::new(shared.clone()),
            memberships: MemoryMembershipRepository::new(shared.clone()),
            roles: MemoryRoleRepository::new(shared.clone()),
            sessions: MemorySessionRepository::new(shared.clone()),
            access: MemoryAccessRepository::new(shared.clone()),
            epochs: MemoryEpochRepository::new(shared.clone()),
            jobs: MemoryJobQueue::new(shared.clone()),
            idempotency: MemoryIdempotencyRepository::new(shared.clone()),
            audit: MemoryAuditLog::new(shared.clone(), None),
            upkeep: MemoryUpkeepIndex::new(shared.clone()),
            shared,
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl PlatformStore for MemoryStore {
    fn identities(&self) -> &dyn IdentityRepository {
        &self.identities
    }

    fn tenants(&self) -> &dyn TenantRepository {
        &self.tenants
    }

    fn memberships(&self) -> &dyn MembershipRepository {
        &self.memberships
    }

    fn roles(&self) -> &dyn RoleRepository {
        &self.roles
    }

    fn sessions(&self) -> &dyn SessionRepository {
        &self.sessions
    }

    fn access(&self) -> &dyn AccessRepository {
        &self.access
    }

    fn epochs(&self) -> &dyn EpochRepository {
        &self.epochs
    }

    fn jobs(&self) -> &dyn JobQueue {
        &self.jobs
    }

    fn idempotency(&self) -> &dyn IdempotencyRepository {
        &self.idempotency
    }

    fn audit(&self) -> &dyn AuditLog {
        &self.audit
    }

    fn upkeep(&self) -> &dyn UpkeepIndex {
        &self.upkeep
    }

    async fn open(&self, tenant: ActiveTenant) -> Result<Arc<dyn TenantStore>, PortError> {
        Ok(Arc::new(MemoryTenantStore::new(
            self.shared.clone(),
            tenant,
        )))
    }

    async fn commit(&self, work: PlatformWork) -> Result<(), CommitError> {
        self.shared.commit(&work.finish()?)
    }

    async fn probe(&self) -> Result<(), PortError> {
        Ok(())
    }
}
