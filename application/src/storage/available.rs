//! Which storage backends there are.

use tenantry_domain::{blob::BackendName, permission::Permission};

use crate::{
    caller::Caller,
    error::Result,
    ports::BlobCapabilities,
    services::Services,
    transfers::{Presigning, presigning},
};

/// A backend, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendView {
    /// Its name.
    pub name: BackendName,
    /// Whether new bytes go there.
    pub is_default: bool,
    /// What it is, and what it can do.
    pub capabilities: BlobCapabilities,
    /// Who signs addresses of its objects.
    pub presigning: Presigning,
}

/// The configured backends by name, to whoever may see where files lie.
pub fn available(services: &Services, caller: &Caller) -> Result<Vec<BackendView>> {
    caller.require(Permission::StorageRead)?;
    let mut views = Vec::new();
    for (name, store) in services.blobs.iter() {
        views.push(BackendView {
            name: name.clone(),
            is_default: name == services.blobs.default_name(),
            capabilities: store.capabilities(),
            presigning: presigning(store.as_ref()),
        });
    }
    Ok(views)
}
