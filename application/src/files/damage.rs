//! Recording damaged content.

use tenantry_domain::{Timestamp, blob::Blob};

use crate::ports::{PortError, PortErrorKind, TenantStore};

/// Logs damaged or missing content and marks its blob record as corrupt, so
/// that no other version shares it.
pub(crate) async fn record_damage(
    store: &dyn TenantStore,
    blob: &Blob,
    error: &PortError,
    now: Timestamp,
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
    let mut damaged = blob.clone();
    if damaged.mark_corrupt(now).is_ok() {
        let mut work = store.begin();
        work.blobs().update(&damaged);
        // Fails if a concurrent read was faster or the blob was deleted.
        if let Err(error) = store.commit(work).await {
            tracing::debug!(blob.id = %blob.id, %error, "cannot mark a blob as corrupt");
        }
    }
}
