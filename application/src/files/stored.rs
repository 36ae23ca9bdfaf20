//! Reading the content of a blob.

use std::{ops::Range, sync::Arc};

use futures_util::StreamExt;
use tenantry_domain::blob::Blob;

use super::{damage::record_damage, receive::blob_key};
use crate::{
    error::{Error, Result},
    ports::{BlobStream, TenantStore},
    services::Services,
};

/// Streams the bytes of `range`, each piece verified. Damage ends the stream
/// with an error and is recorded.
pub(crate) async fn read_stored(
    services: &Arc<Services>,
    store: Arc<dyn TenantStore>,
    blob: Blob,
    range: Range<u64>,
) -> Result<BlobStream> {
    let content = blob.content();
    let content =
        content.ok_or_else(|| Error::internal(format!("blob {} has no content", blob.id)))?;
    let backend = services.blobs.get(&blob.backend)?;
    let bytes = match backend.read(blob_key(&blob), content, range).await {
        Ok(bytes) => bytes,
        Err(error) => {
            record_damage(store.as_ref(), &blob, &error, services.now()).await;
            return Err(Error::storage(error));
        }
    };
    let shared = Arc::new((Arc::clone(services), store, blob));
    let bytes = bytes.then(move |piece| {
        let shared = Arc::clone(&shared);
        async move {
            if let Err(error) = &piece {
                let (services, store, blob) = &*shared;
                record_damage(store.as_ref(), blob, error, services.now()).await;
            }
            piece
        }
    });
    Ok(bytes.boxed())
}
