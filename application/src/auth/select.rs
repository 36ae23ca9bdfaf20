//! The tenant that a request selects.

use tenantry_domain::{
    id::TenantId,
    tenant::{ActiveTenant, Tenant},
};

use crate::{
    error::{Error, Result, Thing},
    services::Services,
};

/// A tenant named by a request. At sign-in it selects one of the user's
/// tenants; in other requests it must be the one the session acts in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// A tenant id.
    Id(TenantId),
    /// A subdomain.
    Subdomain(String),
    /// A value that names no tenant.
    Nothing,
}

impl Selection {
    /// Parses an id; any other text is a subdomain.
    pub fn read(text: &str) -> Self {
        match text.parse() {
            Ok(id) => Self::Id(id),
            Err(_) => Self::Subdomain(text.trim().to_ascii_lowercase()),
        }
    }

    /// Returns the tenant, if it exists.
    pub(super) async fn find(&self, services: &Services) -> Result<Option<Tenant>> {
        let tenants = services.store.tenants();
        Ok(match self {
            Self::Id(id) => tenants.lookup(*id).await?,
            Self::Subdomain(label) => tenants.find_by_subdomain(label).await?,
            Self::Nothing => None,
        })
    }

    /// Fails with [`Error::NotFound`] unless `tenant` is the selected one.
    pub(super) async fn require(
        &self,
        services: &Services,
        tenant: Option<ActiveTenant>,
    ) -> Result<()> {
        let acting = tenant.map(ActiveTenant::id);
        let named = match self {
            Self::Id(id) => Some(*id),
            Self::Subdomain(_) => self.find(services).await?.map(|tenant| tenant.id),
            Self::Nothing => None,
        };
        if named.is_some() && named == acting {
            Ok(())
        } else {
            Err(Error::NotFound(Thing::Tenant))
        }
    }
}
