//! The storage quota of one tenant.

use async_trait::async_trait;
use tenantry_application::ports::{PortError, PortErrorKind, QuotaRepository, Usage};
use tenantry_domain::quota::Quota;

use crate::{Backend, TenantRows};

#[async_trait]
impl<B: Backend> QuotaRepository for TenantRows<B> {
    async fn current(&self) -> Result<Quota, PortError> {
        let quota = self.find_by_key(self.tenant_id()).await?;
        quota.ok_or_else(no_quota)
    }

    async fn usage(&self) -> Result<Usage, PortError> {
        self.backend().usage(self.tenant_id()).await
    }
}

/// Returns the error for a tenant without a quota.
pub fn no_quota() -> PortError {
    PortError::new(
        PortErrorKind::NotFound,
        "read the storage quota: the tenant has no quota",
    )
}
