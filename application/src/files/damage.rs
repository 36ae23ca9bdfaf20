//! Recording damaged content.

use tenantry_domain::blob::{Blob, BlobState};

use crate::{
    contention::{Lane, decide},
    error::Result,
    ports::{PortError, PortErrorKind, TenantStore},
    services::Services,
};

/// Logs damaged or missing content and marks its blob record as corrupt, so
/// that no other version shares it.
pub(crate) async fn record_damage(
    services: &Services,
    store: &dyn TenantStore,
    blob: &Blob,
    error: &PortError,
) {
    if !matches!(error.kind, PortErrorKind::Corrupt | PortErrorKind::NotFound) {
        return;
    }
    tracing::error!(
        tenant.id = %blob.tenant_id,
        blob.id = %blob.id,
        %error,
        "stored content is damaged or missing: run fsck"
    );
    let lane = Lane::of::<Blob>(blob.id);
    let marked = decide!(services, BlobDamage in lane, mark(services, store, blob));
    if let Err(error) = marked {
        tracing::warn!(blob.id = %blob.id, %error, "cannot mark a blob as corrupt");
    }
}

/// Marks a blob, unless it is marked, or deleted meanwhile.
async fn mark(services: &Services, store: &dyn TenantStore, blob: &Blob) -> Result<()> {
    let Some(mut blob) = store.blobs().lookup(blob.id).await? else {
        return Ok(());
    };
    if !matches!(
        blob.state,
        BlobState::Stored {
            corrupt_at: None,
            ..
        }
    ) {
        return Ok(());
    }
    blob.mark_corrupt(services.now())?;
    let mut work = store.begin();
    work.blobs().update(&blob);
    Ok(store.commit(work).await?)
}
