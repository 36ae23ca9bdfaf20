//! The handle on one tenant's data.

use async_trait::async_trait;
use tenantry_application::{
    ports::{
        AuditLog, BlobRepository, CommitError, FileRepository, QuotaRepository, TenantStore,
        VersionRepository,
    },
    work::TenantWork,
};
use tenantry_domain::tenant::ActiveTenant;

use crate::{
    audit_log::MemoryAuditLog, blob_repository::MemoryBlobRepository,
    file_repository::MemoryFileRepository, quota_repository::MemoryQuotaRepository, shared::Shared,
    version_repository::MemoryVersionRepository,
};

/// One tenant's part of the state.
#[derive(Debug)]
pub(crate) struct MemoryTenantStore {
    tenant: ActiveTenant,
    shared: Shared,
    files: MemoryFileRepository,
    versions: MemoryVersionRepository,
    blobs: MemoryBlobRepository,
    quota: MemoryQuotaRepository,
    audit: MemoryAuditLog,
}

impl MemoryTenantStore {
    pub(crate) fn new(shared: Shared, tenant: ActiveTenant) -> Self {
        let id = tenant.id();
        Self {
            tenant,
            files: MemoryFileRepository::new(shared.clone(), id),
            versions: MemoryVersionRepository::new(shared.clone(), id),
            blobs: MemoryBlobRepository::new(shared.clone(), id),
            quota: MemoryQuotaRepository::new(shared.clone(), id),
            audit: MemoryAuditLog::new(shared.clone(), Some(id)),
            shared,
        }
    }
}

#[async_trait]
impl TenantStore for MemoryTenantStore {
    fn tenant(&self) -> ActiveTenant {
        self.tenant
    }

    fn files(&self) -> &dyn FileRepository {
        &self.files
    }

    fn versions(&self) -> &dyn VersionRepository {
        &self.versions
    }

    fn blobs(&self) -> &dyn BlobRepository {
        &self.blobs
    }

    fn quota(&self) -> &dyn QuotaRepository {
        &self.quota
    }

    fn audit(&self) -> &dyn AuditLog {
        &self.audit
    }

    async fn commit(&self, work: TenantWork) -> Result<(), CommitError> {
        self.shared.commit(&work.finish()?)
    }
}
