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
    audit_log::MongoAuditLog, blob_repository::MongoBlobRepository, commit::Commits,
    database::Database, file_repository::MongoFileRepository,
    quota_repository::MongoQuotaRepository, version_repository::MongoVersionRepository,
};

/// One tenant's part of the database.
#[derive(Debug)]
pub(crate) struct MongoTenantStore {
    tenant: ActiveTenant,
    commits: Arc<Commits>,
    files: MongoFileRepository,
    versions: MongoVersionRepository,
    blobs: MongoBlobRepository,
    quota: MongoQuotaRepository,
    audit: MongoAuditLog,
}

impl MongoTenantStore {
    pub(crate) fn new(tenant: ActiveTenant, database: &Database, commits: Arc<Commits>) -> Self {
        let id = tenant.id();
        Self {
            tenant,
            files: MongoFileRepository {
                database: database.clone(),
                tenant: id,
            },
            versions: MongoVersionRepository {
                database: database.clone(),
                tenant: id,
            },
            blobs: MongoBlobRepository {
                database: database.clone(),
                tenant: id,
            },
            quota: MongoQuotaRepository {
                database: database.clone(),
                commits: Arc::clone(&commits),
                tenant: id,
            },
            audit: MongoAuditLog::new(database.clone(), Some(id)),
            commits,
        }
    }
}

#[async_trait]
impl TenantStore for MongoTenantStore {
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
        self.commits.commit(work.finish()?).await
    }
}
