//! Reading the content of a blob.

use std::{ops::Range, sync::Arc, vec};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tenantry_domain::blob::Blob;

use super::{damage::record_damage, receive::blob_key};
use crate::{
    error::{Error, Result},
    ports::{BlobStore, BlobStream, PortError, TenantStore},
    services::Services,
};

/// Streams the bytes of `ranges` in the given order, each piece verified; no
/// piece contains bytes of two ranges. Damage ends the stream with an error and
/// is recorded.
///
/// The first range is opened before the stream begins, so that an unavailable
/// object is an error of this function; each further range when the one before
/// it has ended.
pub(crate) async fn read_stored(
    services: &Arc<Services>,
    store: Arc<dyn TenantStore>,
    blob: Blob,
    ranges: Vec<Range<u64>>,
) -> Result<BlobStream> {
    let backend = services.blobs.get(&blob.backend)?;
    if blob.content().is_none() {
        return Err(Error::internal(format!("blob {} has no content", blob.id)));
    }
    let mut reading = Reading {
        services: Arc::clone(services),
        store,
        backend: Arc::clone(backend),
        blob,
        ranges: ranges.into_iter(),
        current: None,
    };
    if let Err(error) = reading.open_next().await {
        let store = reading.store.as_ref();
        record_damage(services, store, &reading.blob, &error).await;
        return Err(Error::storage(error));
    }
    Ok(stream::try_unfold(reading, Reading::next).boxed())
}

/// A blob that is being read.
struct Reading {
    services: Arc<Services>,
    store: Arc<dyn TenantStore>,
    backend: Arc<dyn BlobStore>,
    blob: Blob,
    ranges: vec::IntoIter<Range<u64>>,
    /// The range being streamed; `None` after the last one.
    current: Option<BlobStream>,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, PortError> {
        match self.piece().await {
            Ok(piece) => Ok(piece.map(|piece| (piece, self))),
            Err(error) => {
                let store = self.store.as_ref();
                record_damage(&self.services, store, &self.blob, &error).await;
                Err(error)
            }
        }
    }

    /// Returns the next piece; `None` after the last range.
    async fn piece(&mut self) -> Result<Option<Bytes>, PortError> {
        while let Some(current) = &mut self.current {
            if let Some(piece) = current.try_next().await? {
                return Ok(Some(piece));
            }
            self.open_next().await?;
        }
        Ok(None)
    }

    async fn open_next(&mut self) -> Result<(), PortError> {
        // Closes the previous range first.
        self.current = None;
        if let (Some(range), Some(content)) = (self.ranges.next(), self.blob.content()) {
            let key = blob_key(&self.blob);
            self.current = Some(self.backend.read(key, content, range).await?);
        }
        Ok(())
    }
}
