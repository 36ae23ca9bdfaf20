//! The handle on one tenant's data.

use std::sync::Arc;

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
    audit_log::SqlAuditLog, blob_repository::SqlBlobRepository, file_repository::SqlFileRepository,
    quota_repository::SqlQuotaRepository, reader::Reader, scope::TenantScope,
    version_repository::SqlVersionRepository, writer::Writer,
};

/// Everything one tenant has.
#[derive(Debug)]
pub(crate) struct SqlTenantStore {
    tenant: ActiveTenant,
    writer: Arc<Writer>,
    files: SqlFileRepository,
    versions: SqlVersionRepository,
    blobs: SqlBlobRepository,
    quota: SqlQuotaRepository,
    audit: SqlAuditLog,
}

impl SqlTenantStore {
    pub(crate) fn new(tenant: ActiveTenant, reader: &Reader, writer: Arc<Writer>) -> Self {
        let scope = TenantScope::new(reader, tenant.id());
        Self {
            tenant,
            writer,
            files: SqlFileRepository {
                scope: scope.clone(),
            },
            versions: SqlVersionRepository {
                scope: scope.clone(),
            },
            blobs: SqlBlobRepository {
                scope: scope.clone(),
            },
            quota: SqlQuotaRepository {
                scope,
                tenant: tenant.id(),
            },
            audit: SqlAuditLog::new(reader, Some(tenant.id())),
        }
    }
}

#[async_trait]
impl TenantStore for SqlTenantStore {
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
        self.writer.commit(work.finish()?).await
    }
}
