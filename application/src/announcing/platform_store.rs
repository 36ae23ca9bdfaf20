//! A platform store that publishes signals about its commits, and notices
//! failing ones.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::tenant::ActiveTenant;

use super::{
    commit_health::CommitHealth, publish::publish_signals, tenant_store::AnnouncingTenantStore,
};
use crate::{
    ports::{
        AccessRepository, AuditChains, AuditLog, Clock, CommitError, EpochRepository, IdGenerator,
        IdempotencyRepository, IdentityRepository, JobQueue, MembershipRepository, PlatformStore,
        PortError, RoleRepository, SessionRepository, Signals, TenantRepository, TenantStore,
        UpkeepIndex,
    },
    work::PlatformWork,
};

/// A store that publishes the [`Signals`] of a unit of work as soon as it is
/// committed. As a decorator of the real store, it relieves use cases of that
/// duty. After a failed commit, its probe fails until the database can be
/// written again.
pub struct AnnouncingStore {
    store: Arc<dyn PlatformStore>,
    signals: Arc<dyn Signals>,
    health: Arc<CommitHealth>,
}

impl AnnouncingStore {
    /// Wraps `store`. The clock and the ids are those of the rows that health
    /// checks write.
    pub fn new(
        store: Arc<dyn PlatformStore>,
        signals: Arc<dyn Signals>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            store,
            signals,
            health: Arc::new(CommitHealth::new(clock, ids)),
        }
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

    fn audit_chains(&self) -> &dyn AuditChains {
        self.store.audit_chains()
    }

    fn upkeep(&self) -> &dyn UpkeepIndex {
        self.store.upkeep()
    }

    async fn open(&self, tenant: ActiveTenant) -> Result<Arc<dyn TenantStore>, PortError> {
        Ok(Arc::new(AnnouncingTenantStore {
            store: self.store.open(tenant).await?,
            signals: Arc::clone(&self.signals),
            health: Arc::clone(&self.health),
        }))
    }

    async fn commit(&self, work: PlatformWork) -> Result<(), CommitError> {
        let caused = work.signals();
        let outcome = self.store.commit(work).await;
        self.health.record(&outcome);
        publish_signals(&outcome, self.signals.as_ref(), &caused);
        outcome
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.store.probe().await?;
        self.health.probe(self.store.as_ref()).await
    }
}
