//! Reading by an address that the service signed.

use std::{ops::Range, sync::Arc};

use tenantry_domain::blob::{Blob, Content, Digest};

use super::signed::{Signed, SignedAddress};
use crate::{
    error::{Error, Result, Thing},
    files,
    ports::{BlobStream, TenantStore},
    services::Services,
    tenants,
};

/// Content that may be read.
pub struct Reading {
    store: Arc<dyn TenantStore>,
    blob: Blob,
    content: Content,
}

/// Finds the content of an address. Its signature is good until it ends,
/// whatever happens to who asked for it; with its tenant's access it is over.
pub async fn read(
    services: &Services,
    address: &SignedAddress,
    signature: Digest,
) -> Result<Reading> {
    address.check(services, Signed::Get, signature)?;
    let store = tenants::open_active(services, address.key.tenant_id).await?;
    let store = store.ok_or(Error::NotFound(Thing::File))?;
    let none = || Error::NotFound(Thing::File);
    let blob = store.blobs().lookup(address.key.blob_id).await?;
    let blob = blob.filter(|blob| blob.backend == address.backend);
    let blob = blob.ok_or_else(none)?;
    let content = blob.content().ok_or_else(none)?.clone();
    Ok(Reading {
        store,
        blob,
        content,
    })
}

impl Reading {
    /// What it is.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The bytes of `range`, each piece checked before it leaves.
    pub async fn open(self, services: &Arc<Services>, range: Range<u64>) -> Result<BlobStream> {
        files::read_stored(services, self.store, self.blob, range).await
    }
}
