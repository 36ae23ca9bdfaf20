//! Listing the storage backends.

use tenantry_domain::{blob::BackendName, permission::Permission};

use crate::{
    caller::Caller,
    error::Result,
    ports::BlobCapabilities,
    services::Services,
    transfers::{Presigning, presigning},
};

/// A storage backend, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendView {
    /// The name.
    pub name: BackendName,
    /// Whether new content is stored there.
    pub is_default: bool,
    /// The capabilities.
    pub capabilities: BlobCapabilities,
    /// The presigning of its objects.
    pub presigning: Presigning,
}

/// Returns the configured backends by name, if the caller may view them.
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
