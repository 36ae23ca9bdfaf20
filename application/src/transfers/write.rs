//! Writing by an address that the service signed.

use tenantry_domain::blob::{BlobState, Digest};

use super::signed::{Signed, SignedAddress};
use crate::{
    error::{Error, Result, Thing},
    files,
    ports::BlobBody,
    services::Services,
    tenants,
};

/// A request to write.
pub struct Writing {
    /// How long it says its body is.
    pub size_bytes: u64,
    /// The type it declares.
    pub content_type: String,
    /// The bytes.
    pub body: BlobBody,
}

/// Stores a body under the key of an address, for the upload that it was
/// signed for: while its record is open, and if nothing is there. The record
/// stays open: who completes the upload says what becomes of the bytes.
pub async fn write(
    services: &Services,
    address: &SignedAddress,
    signature: Digest,
    writing: Writing,
) -> Result<()> {
    let signed = Signed::Put {
        size_bytes: writing.size_bytes,
        content_type: &writing.content_type,
    };
    address.check(services, signed, signature)?;
    let store = tenants::open_active(services, address.key.tenant_id).await?;
    let store = store.ok_or(Error::NotFound(Thing::File))?;
    let over = || Error::StateConflict("the upload of this address is over".to_owned());
    let blob = store.blobs().lookup(address.key.blob_id).await?;
    let blob = blob.filter(|blob| blob.backend == address.backend);
    let blob = blob.ok_or_else(over)?;
    match blob.state {
        BlobState::Open { .. } => {}
        BlobState::Stored { .. } => return Err(Error::PreconditionFailed),
        BlobState::Abandoned => return Err(over()),
    }
    files::receive_signed(
        services,
        store.as_ref(),
        blob,
        writing.body,
        writing.size_bytes,
    )
    .await
}
