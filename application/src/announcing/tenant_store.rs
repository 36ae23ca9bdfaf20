//! A tenant's store that publishes signals about its commits.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::tenant::ActiveTenant;

use super::{commit_health::CommitHealth, publish::publish_signals};
use crate::{
    ports::{CommitError, Signals, TenantRepositories, TenantStore},
    work::TenantWork,
};

/// A decorator of a tenant's store; see
/// [`AnnouncingStore`](super::AnnouncingStore).
pub(super) struct AnnouncingTenantStore {
    pub(super) store: Arc<dyn TenantStore>,
    pub(super) signals: Arc<dyn Signals>,
    pub(super) health: Arc<CommitHealth>,
}

#[async_trait]
impl TenantStore for AnnouncingTenantStore {
    fn tenant(&self) -> ActiveTenant {
        self.store.tenant()
    }

    fn repositories(&self) -> &dyn TenantRepositories {
        self.store.repositories()
    }

    fn begin(&self) -> TenantWork {
        self.store.begin()
    }

    async fn commit(&self, work: TenantWork) -> Result<(), CommitError> {
        let caused = work.signals();
        let outcome = self.store.commit(work).await;
        self.health.record(&outcome);
        publish_signals(&outcome, self.signals.as_ref(), &caused);
        outcome
    }
}
