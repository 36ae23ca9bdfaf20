//! Damaged bytes.

use tenantry_domain::{Timestamp, blob::Blob};

use crate::ports::{PortError, PortErrorKind, TenantStore};

/// Tells the operator of damaged or missing bytes, and notes it on their
/// record, so that they are not shown by another version.
pub(crate) async fn note_damage(
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
        "stored bytes are damaged or gone: run fsck"
    );
    let mut damaged = blob.clone();
    if damaged.mark_corrupt(now).is_ok() {
        let mut work = store.begin();
        work.blobs().update(&damaged);
        // Refused where another read was faster, or the blob is gone.
        if let Err(error) = store.commit(work).await {
            tracing::debug!(blob.id = %blob.id, %error, "damage was not noted");
        }
    }
}
