//! Sweeping: removes uploads without a heartbeat, unreferenced content,
//! unfinished writes, and expired sessions and idempotency records.

use std::{
    collections::{BTreeSet, HashMap},
    ops::RangeInclusive,
    time::Duration,
};

use tenantry_domain::{
    Revision, Timestamp,
    blob::{Blob, BlobState},
    id::{BlobId, TenantId},
};

use crate::{
    error::{Error, Result},
    files::blob_key,
    ports::{BlobKey, BlobStore, CommitError, Refusal, TenantStore},
    services::Services,
    tenants,
};

/// The maximum number of tenants and blobs per round.
const TENANTS: u32 = 256;
const BLOBS: u32 = 500;
/// The maximum number of sessions per round.
const SESSIONS: u32 = 1000;
/// The maximum number of idempotency records per round.
const REQUESTS: u32 = 1000;

/// The result of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SweepReport {
    /// Uploads aborted for lack of a heartbeat.
    pub uploads: u64,
    /// Blobs whose content was deleted.
    pub blobs: u64,
    /// Leftovers of interrupted writes.
    pub staging: u64,
    /// Expired sessions.
    pub sessions: u64,
    /// Expired idempotency records.
    pub requests: u64,
}

/// Removes what is due, in rounds.
///
/// A blob is due when it was due in the previous round too, and has not changed
/// since: after a jump of the clock, uploads in progress look dead until their
/// next heartbeat.
#[derive(Debug, Default)]
pub struct Sweeper {
    /// The blobs that were due in the previous round.
    suspects: HashMap<BlobId, Revision>,
}

impl Sweeper {
    /// Runs one round. Failures are logged and retried in the next round.
    pub async fn run(&mut self, services: &Services) -> Result<SweepReport> {
        let mut report = SweepReport::default();
        let mut suspects = HashMap::new();
        for tenant in due_tenants(services).await? {
            let swept = self.sweep_tenant(services, tenant, &mut suspects, &mut report);
            if let Err(error) = swept.await {
                tracing::warn!(tenant.id = %tenant, %error, "cannot sweep a tenant; retrying in the next round");
            }
        }
        self.suspects = suspects;
        sweep_rest(services, &mut report).await?;
        Ok(report)
    }

    async fn sweep_tenant(
        &self,
        services: &Services,
        tenant: TenantId,
        suspects: &mut HashMap<BlobId, Revision>,
        report: &mut SweepReport,
    ) -> Result<()> {
        let Some(store) = tenants::open_active(services, tenant).await? else {
            return Ok(());
        };
        let recent = recent(services, upload_timeout(services));
        for blob in store.blobs().find_to_sweep(&recent, BLOBS).await? {
            if !is_due(services, &blob) {
                continue;
            }
            let is_confirmed = self.suspects.get(&blob.id) == Some(&blob.revision);
            if !is_confirmed && blob.state != BlobState::Abandoned {
                suspects.insert(blob.id, blob.revision);
                continue;
            }
            if let Err(error) = delete_blob(services, store.as_ref(), blob, report).await {
                tracing::warn!(tenant.id = %tenant, %error, "cannot sweep a blob; retrying in the next round");
            }
        }
        Ok(())
    }
}

/// Returns the tenants with blobs that are due: first those past the grace
/// period, then those with dead uploads.
async fn due_tenants(services: &Services) -> Result<BTreeSet<TenantId>> {
    let mut tenants = BTreeSet::new();
    for age in [services.settings.upload_grace, upload_timeout(services)] {
        let recent = recent(services, age);
        let found = services.store.upkeep().tenants_to_sweep(&recent, TENANTS);
        tenants.extend(found.await?);
    }
    Ok(tenants)
}

/// Returns the times that are at most `age` ago, or impossibly far ahead by
/// less than the grace period.
fn recent(services: &Services, age: Duration) -> RangeInclusive<Timestamp> {
    let now = services.now();
    now.minus(age)..=now.plus(services.settings.upload_grace)
}

/// Returns the time without a heartbeat after which an upload is dead.
fn upload_timeout(services: &Services) -> Duration {
    let settings = &services.settings;
    settings.upload_timeout.min(settings.upload_grace)
}

fn is_due(services: &Services, blob: &Blob) -> bool {
    match &blob.state {
        BlobState::Open { heartbeat_at, .. } => {
            !recent(services, upload_timeout(services)).contains(heartbeat_at)
        }
        BlobState::Stored {
            unreferenced_at: Some(at),
            ..
        } => !recent(services, services.settings.upload_grace).contains(at),
        BlobState::Stored { .. } => false,
        BlobState::Abandoned => true,
    }
}

/// Removes unfinished writes and expired records.
async fn sweep_rest(services: &Services, report: &mut SweepReport) -> Result<()> {
    let grace = services.settings.upload_grace;
    let before = services.now().minus(grace);
    for (name, backend) in services.blobs.iter() {
        match sweep_backend(services, backend.as_ref(), grace).await {
            Ok(pieces) => report.staging += pieces,
            Err(error) => tracing::warn!(backend = %name, %error, "cannot sweep unfinished writes"),
        }
    }
    report.sessions = services
        .store
        .sessions()
        .purge_expired(before, SESSIONS)
        .await?;
    let idempotency = services.store.idempotency();
    report.requests = idempotency.purge_expired(services.now(), REQUESTS).await?;
    Ok(())
}

/// Removes leftovers of interrupted writes, including those of blobs without a
/// record or with a stored one.
async fn sweep_backend(
    services: &Services,
    backend: &dyn BlobStore,
    grace: Duration,
) -> Result<u64> {
    let swept = backend.sweep_staging(grace).await.map_err(Error::storage)?;
    let mut pieces = swept.pieces;
    for key in swept.unfinished {
        if !may_be_in_progress(services, key).await? {
            let aborted = backend.abort_unfinished(key).await;
            pieces += aborted.map_err(Error::storage)?;
        }
    }
    Ok(pieces)
}

/// Returns whether a write may still be in progress: however old, its open blob
/// record decides.
async fn may_be_in_progress(services: &Services, key: BlobKey) -> Result<bool> {
    let Some(store) = tenants::open_active(services, key.tenant_id).await? else {
        // The tenant is not active or unknown, so its blob records cannot be
        // checked.
        return Ok(true);
    };
    let blob = store.blobs().lookup(key.blob_id).await?;
    Ok(blob.is_some_and(|blob| matches!(blob.state, BlobState::Open { .. })))
}

/// Deletes one blob: first commits it as abandoned, so that no version can
/// reference it, then deletes the content, then the record.
async fn delete_blob(
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
            // The blob is in use again: a new reference or a late heartbeat.
            Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        blob.revision = blob.revision.next();
        report.uploads += u64::from(was_open);
    }
    let (backend, key) = (services.blobs.get(&blob.backend)?, blob_key(&blob));
    if !was_stored {
        abort_writes(backend.as_ref(), key).await?;
    }
    backend.delete(key).await.map_err(Error::storage)?;
    let mut work = store.begin();
    work.blobs().remove(&blob);
    match store.commit(work).await {
        Ok(()) => report.blobs += 1,
        // Another process has deleted it concurrently.
        Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Aborts unfinished writes of a key. A permanent failure would repeat in every
/// round, so it does not prevent the deletion of content and record.
async fn abort_writes(backend: &dyn BlobStore, key: BlobKey) -> Result<()> {
    match backend.abort_unfinished(key).await {
        Err(error) if error.is_retryable() => Err(Error::storage(error)),
        Err(error) => {
            tracing::warn!(blob.name = %key, %error, "cannot abort unfinished writes");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}
