//! The handle on one tenant's rows.

use async_trait::async_trait;
use tenantry_application::{
    ports::{CommitError, Count, PortError, TenantRepositories, TenantStore},
    work::TenantWork,
};
use tenantry_domain::{id::TenantId, tenant::ActiveTenant};

use crate::{Backend, Key, Query, Stored};

/// One tenant's rows in a store. It implements the repositories of a tenant;
/// every query starts with the tenant's filter, here.
#[derive(Debug, Clone)]
pub struct TenantRows<B> {
    tenant: ActiveTenant,
    backend: B,
}

impl<B: Backend> TenantRows<B> {
    /// Opens the handle of a tenant.
    pub fn new(backend: &B, tenant: ActiveTenant) -> Self {
        Self {
            tenant,
            backend: backend.of_tenant(tenant.id()),
        }
    }

    /// Returns the id of the tenant.
    pub const fn tenant_id(&self) -> TenantId {
        self.tenant.id()
    }

    /// Returns the backend, whose reads have no filter.
    pub(crate) const fn backend(&self) -> &B {
        &self.backend
    }

    /// Creates a query over the tenant's rows.
    pub(crate) fn query<T: Stored>(&self) -> Query<T> {
        Query::of_tenant(self.tenant_id())
    }

    /// Returns the tenant's row of a primary key.
    pub(crate) async fn find_by_key<T: Stored>(
        &self,
        key: impl Into<Key> + Send,
    ) -> Result<Option<T>, PortError> {
        self.backend.lookup_of(self.tenant_id(), key.into()).await
    }

    /// Counts the rows of a query, up to a cap.
    pub(crate) async fn count_up_to<T: Stored>(
        &self,
        query: Query<T>,
        cap: u64,
    ) -> Result<Count, PortError> {
        // One more than the cap shows that the count is capped.
        let most = Some(cap.saturating_add(1));
        let total = self.backend.count(query, most).await?;
        Ok(Count {
            total: total.min(cap),
            capped: total > cap,
        })
    }
}

#[async_trait]
impl<B: Backend> TenantStore for TenantRows<B> {
    fn tenant(&self) -> ActiveTenant {
        self.tenant
    }

    fn repositories(&self) -> &dyn TenantRepositories {
        self
    }

    async fn commit(&self, work: TenantWork) -> Result<(), CommitError> {
        self.backend.commit(work.finish()?).await
    }
}
