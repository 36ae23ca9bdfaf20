//! Reading by a URL signed by the service.

use std::{ops::Range, sync::Arc};

use tenantry_domain::blob::{Blob, Content, Digest};

use super::signed::{SignedAddress, SignedOperation};
use crate::{
    error::{Error, Result, Thing},
    files,
    ports::{BlobStream, TenantStore},
    services::Services,
    tenants,
};

/// Content that may be read.
pub struct SignedContent {
    store: Arc<dyn TenantStore>,
    blob: Blob,
    content: Content,
}

/// Finds the content of a signed URL. The URL stays valid until it expires,
/// even if its creator loses access, but only while the tenant is active.
pub async fn read(
    services: &Services,
    address: &SignedAddress,
    signature: Digest,
) -> Result<SignedContent> {
    address.check(services, SignedOperation::Get, signature)?;
    let store = tenants::open_active(services, address.key.tenant_id).await?;
    let store = store.ok_or(Error::NotFound(Thing::File))?;
    let missing = || Error::NotFound(Thing::File);
    let blob = store.blobs().lookup(address.key.blob_id).await?;
    let blob = blob.filter(|blob| blob.backend == address.backend);
    let blob = blob.ok_or_else(missing)?;
    let content = blob.content().ok_or_else(missing)?.clone();
    Ok(SignedContent {
        store,
        blob,
        content,
    })
}

impl SignedContent {
    /// Returns the size and checksums.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Streams the bytes of `ranges` in the given order, each piece verified and
    /// within one range.
    pub async fn open(
        self,
        services: &Arc<Services>,
        ranges: Vec<Range<u64>>,
    ) -> Result<BlobStream> {
        files::read_stored(services, self.store, self.blob, ranges).await
    }
}
