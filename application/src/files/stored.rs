//! The bytes of a record.

use std::{ops::Range, sync::Arc};

use futures_util::StreamExt;
use tenantry_domain::blob::Blob;

use super::{damage::note_damage, receive::key};
use crate::{
    error::{Error, Result},
    ports::{BlobStream, TenantStore},
    services::Services,
};

/// The bytes of `range`, each piece checked before it leaves. A damaged one
/// ends the stream and is noted on its record.
pub(crate) async fn read_stored(
    services: &Arc<Services>,
    store: Arc<dyn TenantStore>,
    blob: Blob,
    range: Range<u64>,
) -> Result<BlobStream> {
    let content = blob.content();
    let content = content.ok_or_else(|| Error::internal(format!("blob {} is empty", blob.id)))?;
    let backend = services.blobs.get(&blob.backend)?;
    let bytes = match backend.read(key(&blob), content, range).await {
        Ok(bytes) => bytes,
        Err(error) => {
            note_damage(store.as_ref(), &blob, &error, services.now()).await;
            return Err(Error::storage(error));
        }
    };
    let noted = Arc::new((Arc::clone(services), store, blob));
    let bytes = bytes.then(move |piece| {
        let noted = Arc::clone(&noted);
        async move {
            if let Err(error) = &piece {
                let (services, store, blob) = &*noted;
                note_damage(store.as_ref(), blob, error, services.now()).await;
            }
            piece
        }
    });
    Ok(bytes.boxed())
}
