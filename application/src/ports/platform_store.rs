//! The handle on what belongs to no tenant.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::tenant::ActiveTenant;

use super::{
    AccessRepository, AuditLog, CommitError, EpochRepository, IdempotencyRepository,
    IdentityRepository, JobQueue, MembershipRepository, PortError, RoleRepository,
    SessionRepository, TenantRepository, TenantStore, UpkeepIndex,
};
use crate::work::PlatformWork;

/// Everything of the platform as a whole, and the door to each tenant.
#[async_trait]
pub trait PlatformStore: Send + Sync {
    /// People.
    fn identities(&self) -> &dyn IdentityRepository;

    /// Tenants.
    fn tenants(&self) -> &dyn TenantRepository;

    /// Who belongs where.
    fn memberships(&self) -> &dyn MembershipRepository;

    /// What roles there are.
    fn roles(&self) -> &dyn RoleRepository;

    /// Who is signed in.
    fn sessions(&self) -> &dyn SessionRepository;

    /// What a session opens.
    fn access(&self) -> &dyn AccessRepository;

    /// What changed for whom.
    fn epochs(&self) -> &dyn EpochRepository;

    /// Background work.
    fn jobs(&self) -> &dyn JobQueue;

    /// Requests that came with an idempotency key.
    fn idempotency(&self) -> &dyn IdempotencyRepository;

    /// The platform's own audit entries.
    fn audit(&self) -> &dyn AuditLog;

    /// Where upkeep is due.
    fn upkeep(&self) -> &dyn UpkeepIndex;

    /// The handle on one tenant's data.
    async fn open(&self, tenant: ActiveTenant) -> Result<Arc<dyn TenantStore>, PortError>;

    /// Applies all of the unit or nothing, if every expectation holds. The
    /// commit runs to its end even when the future is dropped.
    async fn commit(&self, work: PlatformWork) -> Result<(), CommitError>;

    /// Asks the store for a sign of life: a read and, where that is cheap, the
    /// ability to write.
    async fn probe(&self) -> Result<(), PortError>;
}
