//! The handle on one tenant's data.

use async_trait::async_trait;
use tenantry_domain::tenant::ActiveTenant;

use super::{
    AuditLog, BlobRepository, CommitError, FileRepository, QuotaRepository, VersionRepository,
};
use crate::work::TenantWork;

/// Everything one tenant has. There is no way from here to another tenant's.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// The tenant it was opened for.
    fn tenant(&self) -> ActiveTenant;

    /// Its files.
    fn files(&self) -> &dyn FileRepository;

    /// Their versions.
    fn versions(&self) -> &dyn VersionRepository;

    /// Records of the bytes behind them.
    fn blobs(&self) -> &dyn BlobRepository;

    /// Its storage quota.
    fn quota(&self) -> &dyn QuotaRepository;

    /// Its audit entries.
    fn audit(&self) -> &dyn AuditLog;

    /// An empty unit of work for this tenant.
    fn begin(&self) -> TenantWork {
        TenantWork::new(self.tenant())
    }

    /// Applies all of the unit or nothing, if the tenant is still active and
    /// every expectation holds. The commit runs to its end even when the
    /// future is dropped.
    async fn commit(&self, work: TenantWork) -> Result<(), CommitError>;
}
