//! Ending what broke off: uploads without a sign of life, bytes that no
//! version shows, unfinished writes, sessions and idempotency keys long over.

use std::time::Duration;

use tenantry_domain::{
    Timestamp,
    blob::{Blob, BlobState},
    id::TenantId,
};

use crate::{
    error::{Error, Result},
    files::blob_key,
    ports::{BlobKey, BlobStore, CommitError, Refusal, TenantStore},
    services::Services,
    tenants,
};

/// How many tenants and blobs one round takes on.
const TENANTS: u32 = 256;
const BLOBS: u32 = 500;
/// How many sessions one round removes.
const SESSIONS: u32 = 1000;
/// How many records of requests with an idempotency key one round removes.
const REQUESTS: u32 = 1000;

/// What a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// Uploads without a sign of life.
    pub uploads: u64,
    /// Blobs whose bytes were deleted.
    pub blobs: u64,
    /// Pieces left by interrupted writes.
    pub staging: u64,
    /// Sessions that are over.
    pub sessions: u64,
    /// Records of requests whose idempotency keys are free again.
    pub requests: u64,
}

/// Does one round. What fails is logged and left for the next one.
pub async fn sweep(services: &Services) -> Result<SweepReport> {
    let mut report = SweepReport::default();
    let grace = services.settings.upload_grace;
    let before = services.now().minus(grace);
    for tenant in services
        .store
        .upkeep()
        .tenants_to_sweep(before, TENANTS)
        .await?
    {
        if let Err(error) = sweep_tenant(services, tenant, before, &mut report).await {
            tracing::warn!(tenant.id = %tenant, %error, "a tenant is left for the next sweep");
        }
    }
    for (name, backend) in services.blobs.iter() {
        match sweep_backend(services, backend.as_ref(), grace).await {
            Ok(pieces) => report.staging += pieces,
            Err(error) => tracing::warn!(backend = %name, %error, "unfinished writes are left"),
        }
    }
    report.sessions = services
        .store
        .sessions()
        .purge_expired(before, SESSIONS)
        .await?;
    let idempotency = services.store.idempotency();
    report.requests = idempotency.purge_expired(services.now(), REQUESTS).await?;
    Ok(report)
}

/// Ends what interrupted writes left, also of blobs that have no record or were
/// stored all the same.
async fn sweep_backend(
    services: &Services,
    backend: &dyn BlobStore,
    grace: Duration,
) -> Result<u64> {
    let swept = backend.sweep_staging(grace).await.map_err(Error::storage)?;
    let mut pieces = swept.pieces;
    for key in swept.unfinished {
        if !may_be_under_way(services, key).await? {
            let ended = backend.end_unfinished(key).await;
            pieces += ended.map_err(Error::storage)?;
        }
    }
    Ok(pieces)
}

/// However long ago a write began: as long as its record is open it is for
/// that to say when it ends.
async fn may_be_under_way(services: &Services, key: BlobKey) -> Result<bool> {
    let Some(store) = tenants::open_active(services, key.tenant_id).await? else {
        // Of a tenant that is not known somebody else may keep the records.
        return Ok(true);
    };
    let blob = store.blobs().lookup(key.blob_id).await?;
    Ok(blob.is_some_and(|blob| matches!(blob.state, BlobState::Open { .. })))
}

async fn sweep_tenant(
    services: &Services,
    tenant: TenantId,
    before: Timestamp,
    report: &mut SweepReport,
) -> Result<()> {
    let Some(store) = tenants::open_active(services, tenant).await? else {
        return Ok(());
    };
    for blob in store.blobs().find_to_sweep(before, BLOBS).await? {
        if let Err(error) = end(services, store.as_ref(), blob, report).await {
            tracing::warn!(tenant.id = %tenant, %error, "a blob is left for the next sweep");
        }
    }
    Ok(())
}

/// Ends one blob: first the commit that makes it abandoned, so that nobody can
/// show it any more, then the bytes, then the record.
async fn end(
    services: &Services,
    store: &dyn TenantStore,
    mut blob: Blob,
    report: &mut SweepReport,
) -> Result<()> {
    let was_stored = matches!(blob.state, BlobState::Stored { .. });
    if blob.state != BlobState::Abandoned {
        let was_open = matches!(blob.state, BlobState::Open { .. });
        let reserved = blob.abandon()?;
        let mut work = store.begin();
        work.blobs().update(&blob);
        work.quota().release_reserved(reserved);
        match store.commit(work).await {
            Ok(()) => {}
            // It came back to life: shown again, or a late sign of life.
            Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        blob.revision = blob.revision.next();
        report.uploads += u64::from(was_open);
    }
    let (backend, key) = (services.blobs.get(&blob.backend)?, blob_key(&blob));
    if !was_stored {
        end_writes(backend.as_ref(), key).await?;
    }
    backend.delete(key).await.map_err(Error::storage)?;
    let mut work = store.begin();
    work.blobs().remove(&blob);
    match store.commit(work).await {
        Ok(()) => report.blobs += 1,
        // Another process ended it at the same time.
        Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Ends what may still be written under a key. Where that is refused, it will
/// be the next time, too: the bytes and the record go all the same.
async fn end_writes(backend: &dyn BlobStore, key: BlobKey) -> Result<()> {
    match backend.end_unfinished(key).await {
        Err(error) if error.is_retryable() => Err(Error::storage(error)),
        Err(error) => {
            tracing::warn!(blob.name = %key, %error, "unfinished writes are left");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}
