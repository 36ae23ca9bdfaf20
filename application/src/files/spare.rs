//! Spare bytes: an upload equal to stored content is kept until the stored bytes
//! are validated, and replaces them if they are damaged.

use futures_util::{StreamExt, TryStreamExt};
use tenantry_domain::blob::{Blob, Content};

use super::{damage::record_damage, receive::blob_key};
use crate::{
    contention::{Lane, decide},
    error::{Error, Result},
    ports::{BlobStore, BodyError, TenantStore},
    services::Services,
};

/// The maximum number of blobs per read.
const BATCH: u32 = 100;

/// Replaces the damaged bytes of a blob by spare ones, which heals every version
/// that references it. Returns `false` without spare bytes.
///
/// After a crash in between, the object is missing, and the spare bytes are
/// still there for the next attempt.
pub(super) async fn heal(
    services: &Services,
    store: &dyn TenantStore,
    damaged: &Blob,
    content: &Content,
) -> Result<bool> {
    let Some(spare) = find(store, damaged, content).await?.into_iter().next() else {
        return Ok(false);
    };
    let backend = services.blobs.get(&damaged.backend)?;
    if let Err(error) = backend.verify(blob_key(&spare), content).await {
        record_damage(services, store, &spare, &error).await;
        return Ok(false);
    }
    replace(backend.as_ref(), damaged, &spare, content).await?;
    let lane = Lane::of::<Blob>(damaged.id);
    decide!(services, FileProcess in lane, mark_intact(store, damaged))?;
    tracing::warn!(blob.id = %damaged.id, "damaged content was replaced by an equal upload");
    discard(services, store, spare).await;
    Ok(true)
}

/// Deletes all spare bytes of validated content; on failure the sweeper does it.
pub(super) async fn discard_all(
    services: &Services,
    store: &dyn TenantStore,
    blob: &Blob,
    content: &Content,
) -> Result<()> {
    loop {
        let spares = find(store, blob, content).await?;
        if spares.is_empty() {
            return Ok(());
        }
        for spare in spares {
            // Another validation is deleting them, or the sweeper will.
            if !discard(services, store, spare).await {
                return Ok(());
            }
        }
    }
}

/// Finds spare bytes of the content of a referenced blob.
async fn find(store: &dyn TenantStore, blob: &Blob, content: &Content) -> Result<Vec<Blob>> {
    let (digest, size) = (content.digest, content.size_bytes);
    let found = store
        .blobs()
        .find_spares(&blob.backend, digest, size, BATCH);
    let mut spares = found.await?;
    // Its last version may have been deleted meanwhile.
    spares.retain(|spare| spare.id != blob.id);
    Ok(spares)
}

async fn replace(
    backend: &dyn BlobStore,
    damaged: &Blob,
    spare: &Blob,
    content: &Content,
) -> Result<()> {
    let bytes = backend.read(blob_key(spare), content, 0..content.size_bytes);
    let bytes = bytes.await.map_err(Error::storage)?;
    let body = bytes.map_err(|_| BodyError::Cut).boxed();
    backend
        .delete(blob_key(damaged))
        .await
        .map_err(Error::storage)?;
    let stored = backend
        .put(blob_key(damaged), body, content.size_bytes)
        .await?;
    if stored == *content {
        Ok(())
    } else {
        Err(Error::internal("the copy of spare content differs"))
    }
}

async fn mark_intact(store: &dyn TenantStore, damaged: &Blob) -> Result<()> {
    let Some(mut blob) = store.blobs().lookup(damaged.id).await? else {
        return Ok(());
    };
    blob.mark_intact()?;
    let mut work = store.begin();
    work.blobs().update(&blob);
    Ok(store.commit(work).await?)
}

/// Deletes spare bytes; returns whether they are deleted.
async fn discard(services: &Services, store: &dyn TenantStore, spare: Blob) -> bool {
    let id = spare.id;
    let discarded = try_discard(services, store, spare).await;
    if let Err(error) = &discarded {
        tracing::debug!(blob.id = %id, %error, "cannot delete spare content; leaving it to the sweeper");
    }
    discarded.is_ok()
}

async fn try_discard(services: &Services, store: &dyn TenantStore, mut spare: Blob) -> Result<()> {
    // Fails if an upload has added a reference meanwhile.
    spare.abandon()?;
    let mut work = store.begin();
    work.blobs().update(&spare);
    store.commit(work).await?;
    spare.revision = spare.revision.next();
    let backend = services.blobs.get(&spare.backend)?;
    let deleted = backend.delete(blob_key(&spare)).await;
    deleted.map_err(Error::storage)?;
    let mut work = store.begin();
    work.blobs().remove(&spare);
    Ok(store.commit(work).await?)
}
