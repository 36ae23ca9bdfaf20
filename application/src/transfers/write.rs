//! Writing by a URL signed by the service.

use tenantry_domain::blob::{BlobState, Digest};

use super::signed::{SignedAddress, SignedOperation};
use crate::{
    error::{Error, Result, Thing},
    files,
    ports::BlobBody,
    services::Services,
    tenants,
};

/// A write request.
pub struct SignedWrite {
    /// The declared size of the body in bytes.
    pub size_bytes: u64,
    /// The declared content type.
    pub content_type: String,
    /// The body.
    pub body: BlobBody,
}

/// Stores a body under the key of a signed URL, while the blob record is open
/// and no object exists. The record stays open for the client that created it
/// to complete.
pub async fn write(
    services: &Services,
    address: &SignedAddress,
    signature: Digest,
    request: SignedWrite,
) -> Result<()> {
    let operation = SignedOperation::Put {
        size_bytes: request.size_bytes,
        content_type: &request.content_type,
    };
    address.check(services, operation, signature)?;
    let store = tenants::open_active(services, address.key.tenant_id).await?;
    let store = store.ok_or(Error::NotFound(Thing::File))?;
    let ended = || Error::StateConflict("the upload for this URL has ended".to_owned());
    let blob = store.blobs().lookup(address.key.blob_id).await?;
    let blob = blob.filter(|blob| blob.backend == address.backend);
    let blob = blob.ok_or_else(ended)?;
    match blob.state {
        BlobState::Open { .. } => {}
        BlobState::Stored { .. } => return Err(Error::PreconditionFailed),
        BlobState::Abandoned => return Err(ended()),
    }
    files::receive_signed(
        services,
        store.as_ref(),
        blob,
        request.body,
        request.size_bytes,
    )
    .await
}
