//! The metadata store.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_application::{
    ports::{
        AccessRepository, CommitError, JobQueue, PlatformStore, PortError, TenantStore, UpkeepIndex,
    },
    work::PlatformWork,
};
use tenantry_domain::tenant::ActiveTenant;
use tenantry_store::{Backend, PlatformRows, TenantRows, platform_repositories};

use crate::{
    access_repository::MemoryAccessRepository, backend::MemoryBackend, job_queue::MemoryJobQueue,
    upkeep_index::MemoryUpkeepIndex,
};

/// A store in the memory of this process, for tests and trials.
#[derive(Debug)]
pub struct MemoryStore {
    rows: PlatformRows<MemoryBackend>,
    access: MemoryAccessRepository,
    jobs: MemoryJobQueue,
    upkeep: MemoryUpkeepIndex,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        let backend = MemoryBackend::default();
        Self {
            access: MemoryAccessRepository {
                backend: backend.clone(),
            },
            jobs: MemoryJobQueue {
                backend: backend.clone(),
            },
            upkeep: MemoryUpkeepIndex {
                backend: backend.clone(),
            },
            rows: PlatformRows::new(backend),
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
    platform_repositories!(rows);

    fn access(&self) -> &dyn AccessRepository {
        &self.access
    }

    fn jobs(&self) -> &dyn JobQueue {
        &self.jobs
    }

    fn upkeep(&self) -> &dyn UpkeepIndex {
        &self.upkeep
    }

    async fn open(&self, tenant: ActiveTenant) -> Result<Arc<dyn TenantStore>, PortError> {
        Ok(Arc::new(TenantRows::new(self.rows.backend(), tenant)))
    }

    async fn commit(&self, work: PlatformWork) -> Result<(), CommitError> {
        self.rows.backend().commit(work.finish()?).await
    }

    async fn probe(&self) -> Result<(), PortError> {
        Ok(())
    }
}
