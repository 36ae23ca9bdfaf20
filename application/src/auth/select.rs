//! Which tenant a request names beside its credentials.

use tenantry_domain::{
    id::TenantId,
    tenant::{ActiveTenant, Tenant},
};

use crate::{
    error::{Error, Result, Thing},
    services::Services,
};

/// A tenant as a request names it. It chooses among a person's tenants when
/// they sign in; anywhere else it must be the one they act in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// By its id.
    Id(TenantId),
    /// By its label in the host name.
    Subdomain(String),
    /// By something that names none.
    Nothing,
}

impl Selection {
    /// Reads an id, or else takes the text as a label.
    pub fn read(text: &str) -> Self {
        match text.parse() {
            Ok(id) => Self::Id(id),
            Err(_) => Self::Subdomain(text.trim().to_ascii_lowercase()),
        }
    }

    /// The tenant, if there is one.
    pub(super) async fn find(&self, services: &Services) -> Result<Option<Tenant>> {
        let tenants = services.store.tenants();
        Ok(match self {
            Self::Id(id) => tenants.lookup(*id).await?,
            Self::Subdomain(label) => tenants.find_by_subdomain(label).await?,
            Self::Nothing => None,
        })
    }

    /// Refuses, as if there were no such tenant, unless it is this one.
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
