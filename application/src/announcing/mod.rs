//! A store that publishes signals about its commits.

mod tenant;

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::tenant::ActiveTenant;

use self::tenant::AnnouncingTenantStore;
use crate::{
    ports::{
        AccessRepository, AuditLog, CommitError, EpochRepository, IdempotencyRepository,
        IdentityRepository, JobQueue, MembershipRepository, PlatformStore, PortError,
        RoleRepository, SessionRepository, Signal, Signals, TenantRepository, TenantStore,
        UpkeepIndex,
    },
    work::PlatformWork,
};

/// A store that publishes the [`Signals`] of a unit of work as soon as it is
/// committed. As a decorator of the real store, it relieves use cases of that
/// duty.
pub struct AnnouncingStore {
    store: Arc<dyn PlatformStore>,
    signals: Arc<dyn Signals>,
}

impl AnnouncingStore {
    /// Wraps `store`.
    pub fn new(store: Arc<dyn PlatformStore>, signals: Arc<dyn Signals>) -> Self {
        Self { store, signals }
    }
}

/// Publishes the signals of a commit unless it was refused. A commit with an
/// unknown outcome may have been applied.
fn announce(outcome: &Result<(), CommitError>, signals: &dyn Signals, told: &[Signal]) {
    if !told.is_empty() && !matches!(outcome, Err(CommitError::Refused(_))) {
        signals.tell(told);
    }
}

#[async_trait]
impl PlatformStore for AnnouncingStore {
    fn identities(&self) -> &dyn IdentityRepository {
        self.store.identities()
    }

    fn tenants(&self) -> &dyn TenantRepository {
        self.store.tenants()
    }

    fn memberships(&self) -> &dyn MembershipRepository {
        self.store.memberships()
    }

    fn roles(&self) -> &dyn RoleRepository {
        self.store.roles()
    }

    fn sessions(&self) -> &dyn SessionRepository {
        self.store.sessions()
    }

    fn access(&self) -> &dyn AccessRepository {
        self.store.access()
    }

    fn epochs(&self) -> &dyn EpochRepository {
        self.store.epochs()
    }

    fn jobs(&self) -> &dyn JobQueue {
        self.store.jobs()
    }

    fn idempotency(&self) -> &dyn IdempotencyRepository {
        self.store.idempotency()
    }

    fn audit(&self) -> &dyn AuditLog {
        self.store.audit()
    }

    fn upkeep(&self) -> &dyn UpkeepIndex {
        self.store.upkeep()
    }

    async fn open(&self, tenant: ActiveTenant) -> Result<Arc<dyn TenantStore>, PortError> {
        Ok(Arc::new(AnnouncingTenantStore {
            store: self.store.open(tenant).await?,
            signals: Arc::clone(&self.signals),
        }))
    }

    async fn commit(&self, work: PlatformWork) -> Result<(), CommitError> {
        let told = work.signals();
        let outcome = self.store.commit(work).await;
        announce(&outcome, self.signals.as_ref(), &told);
        outcome
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.store.probe().await
    }
}
