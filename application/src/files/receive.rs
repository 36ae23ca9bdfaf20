//! Receiving content: the steps common to all uploads.
//!
//! A blob record and its quota reservation are committed before the first byte;
//! then the bytes are streamed and hashed. The caller publishes or discards the
//! result. If an upload ends early, nothing is visible, and leftovers are
//! removed here or by the sweeper.

use std::time::Duration;

use futures_util::future::{Either, select};
use tenantry_domain::{
    blob::{Blob, Content},
    id::{BlobId, TenantId},
    idempotency::IdempotencyRecord,
    permission::Permission,
    quota,
};

use super::{
    growth::{self, Growth},
    upload_command::{Length, expired},
};
use crate::{
    auth,
    caller::Caller,
    contention::{Lane, decide},
    error::{Error, Result, Thing},
    idempotency::upload::Claim,
    ports::{BlobBody, BlobKey, CommitError, Refusal, TenantStore},
    services::Services,
    tenants,
};

/// The interval at which an upload checks the permission to upload.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Content that was received and is not published yet.
pub(super) struct ReceivedUpload {
    /// The blob record, still open.
    pub(super) blob: Blob,
    /// The size and checksums.
    pub(super) content: Content,
    /// The idempotency record of the request, if it has a key.
    pub(super) request: Option<IdempotencyRecord>,
}

/// Receives a body.
pub(super) async fn receive(
    services: &Services,
    caller: &Caller,
    store: &dyn TenantStore,
    body: BlobBody,
    length: Length,
    claim: Option<Claim>,
) -> Result<ReceivedUpload> {
    let max = services.settings.max_file_bytes;
    if matches!(length, Length::Exact(bytes) | Length::About(bytes) if bytes > max) {
        return Err(Error::FileTooLarge { limit_bytes: max });
    }
    let (mut blob, reserved, request) = begin(services, store, length, claim).await?;
    let (body, limit, growth) = match length {
        Length::Exact(bytes) => (body, bytes, None),
        Length::About(_) => (body, max, None),
        Length::Unknown => {
            let (body, growth) = Growth::of(body, reserved, max);
            (body, max, Some(growth))
        }
    };
    let arrival = Arrival {
        body,
        limit,
        growth,
    };
    let authorization = Authorization::Caller(caller);
    match stream(services, &authorization, store, &mut blob, arrival).await {
        Ok(content) => Ok(ReceivedUpload {
            blob,
            content,
            request,
        }),
        Err(error) => {
            discard(services, store, &blob).await;
            Err(match (error, length) {
                (Error::FileTooLarge { .. }, Length::Exact(_)) => {
                    Error::Malformed("the request body is longer than declared".to_owned())
                }
                (other, _) => other,
            })
        }
    }
}

/// The result of starting an upload: the blob record, the reserved bytes, and
/// the idempotency record of the request.
type StartedUpload = (Blob, u64, Option<IdempotencyRecord>);

/// Commits the blob record, the quota reservation, and the claim of the
/// idempotency key.
async fn begin(
    services: &Services,
    store: &dyn TenantStore,
    length: Length,
    claim: Option<Claim>,
) -> Result<StartedUpload> {
    let reserved = match length {
        Length::Exact(bytes) | Length::About(bytes) => quota::charge(bytes),
        Length::Unknown => growth::first_bytes(&store.quota().current().await?),
    };
    let id = BlobId::from_uuid(services.ids.next());
    let backend = services.blobs.default_name().clone();
    let blob = Blob::open(id, store.tenant().id(), backend, reserved, services.now());
    let mut work = store.begin();
    work.blobs().add(&blob);
    work.quota().reserve(reserved);
    work.quota()
        .expect_room_for_version(services.settings.max_versions);
    let request = claim.map(|claim| claim.begin(services, &mut work, id));
    match store.commit(work).await {
        Ok(()) => Ok((blob, reserved, request)),
        Err(CommitError::Refused(Refusal::Quota)) => Err(exceeded(services, store).await),
        Err(error) => Err(error.into()),
    }
}

/// A body to store.
struct Arrival {
    body: BlobBody,
    /// The maximum size in bytes.
    limit: u64,
    /// The growth of the reservation, without a length.
    growth: Option<Growth>,
}

/// Returns the error of an upload that the quota refused.
pub(super) async fn exceeded(services: &Services, store: &dyn TenantStore) -> Error {
    let limit = services.settings.max_versions;
    match store.quota().current().await {
        Ok(quota) if quota.versions >= limit => Error::TooManyVersions { limit },
        Ok(_) => Error::QuotaExceeded,
        Err(error) => error.into(),
    }
}

/// Streams the body while sending heartbeats, checking the permission to upload,
/// and growing the reservation.
async fn stream(
    services: &Services,
    authorization: &Authorization<'_>,
    store: &dyn TenantStore,
    blob: &mut Blob,
    arrival: Arrival,
) -> Result<Content> {
    let Arrival {
        body,
        limit,
        growth,
    } = arrival;
    let backend = services.blobs.get(&blob.backend)?;
    let mut put = backend.put(blob_key(blob), body, limit);
    let mut pause = services.clock.sleep(CHECK_INTERVAL);
    let mut last_heartbeat = services.now();
    loop {
        let demand = Box::pin(growth::demand(growth.as_ref()));
        let woken = match select(put, select(pause, demand)).await {
            Either::Left((stored, _)) => return Ok(stored?),
            Either::Right((woken, unfinished)) => {
                put = unfinished;
                woken
            }
        };
        if let Either::Right((needed, unfinished)) = woken {
            pause = unfinished;
            if let Some(growth) = &growth {
                growth.grow(services, store, blob, needed).await?;
                last_heartbeat = services.now();
            }
            continue;
        }
        pause = services.clock.sleep(CHECK_INTERVAL);
        authorization.check(services).await?;
        if services.now().distance(last_heartbeat) >= services.settings.upload_heartbeat {
            last_heartbeat = services.now();
            match authorization {
                Authorization::Caller(_) => heartbeat(services, store, blob).await?,
                Authorization::SignedUrl(_) => {
                    match heartbeat_shared(services, store, blob).await {
                        Err(Error::DatabaseUnavailable(_) | Error::Busy) => {}
                        result => result?,
                    }
                }
            }
        }
    }
}

/// Receives a body of `size_bytes` for the blob record of a signed upload. The
/// record stays open for the client that created it to complete.
pub(crate) async fn receive_signed(
    services: &Services,
    store: &dyn TenantStore,
    mut blob: Blob,
    body: BlobBody,
    size_bytes: u64,
) -> Result<()> {
    let backend = services.blobs.get(&blob.backend)?;
    let key = blob_key(&blob);
    if backend.size(key).await.map_err(Error::storage)?.is_some() {
        return Err(Error::PreconditionFailed);
    }
    let authorization = Authorization::SignedUrl(blob.tenant_id);
    let arrival = Arrival {
        body,
        limit: size_bytes,
        growth: None,
    };
    let content = match stream(services, &authorization, store, &mut blob, arrival).await {
        // Another request with the same signed URL was faster.
        Err(Error::Internal(_)) if matches!(backend.size(key).await, Ok(Some(_))) => {
            return Err(Error::PreconditionFailed);
        }
        stored => stored?,
    };
    // The bytes are stored. They are deleted unless they have the announced
    // size and a heartbeat succeeds; after that they belong to the blob record.
    let accepted = if content.size_bytes == size_bytes {
        heartbeat_shared(services, store, &mut blob).await
    } else {
        let message = "the request body is shorter than declared".to_owned();
        Err(Error::Malformed(message))
    };
    if accepted.is_err()
        && let Err(error) = backend.delete(key).await
    {
        tracing::warn!(blob.id = %blob.id, %error, "cannot delete content without a blob record: run fsck");
    }
    accepted
}

/// The authorization of an upload.
enum Authorization<'a> {
    /// A user's permission.
    Caller(&'a Caller),
    /// A signed URL, valid while its tenant is active.
    SignedUrl(TenantId),
}

impl Authorization<'_> {
    /// Fails if the authorization was revoked.
    async fn check(&self, services: &Services) -> Result<()> {
        match self {
            Self::Caller(caller) => {
                check_permission(services, caller, Permission::FilesWrite).await
            }
            Self::SignedUrl(tenant) => match tenants::open_active(services, *tenant).await {
                Ok(None) => Err(Error::NotFound(Thing::Tenant)),
                // If the store is unavailable, the next check decides.
                Ok(Some(_)) | Err(_) => Ok(()),
            },
        }
    }
}

/// Fails if the session was revoked or the permission is gone. If the store is
/// unavailable, the next check decides.
pub async fn check_permission(
    services: &Services,
    caller: &Caller,
    permission: Permission,
) -> Result<()> {
    let grant = match services.access_cache.get(caller.session_id, services.now()) {
        Some(grant) => grant,
        None => match auth::load(services, caller.session_id).await {
            Ok(grant) => grant,
            Err(Error::Unauthorized) => return Err(Error::Unauthorized),
            Err(_) => return Ok(()),
        },
    };
    if grant.tenant == Some(caller.tenant) && grant.permissions.has(permission) {
        Ok(())
    } else {
        Err(Error::AccessDenied(format!(
            "the permission {permission} was revoked"
        )))
    }
}

async fn heartbeat(services: &Services, store: &dyn TenantStore, blob: &mut Blob) -> Result<()> {
    let mut updated = blob.clone();
    updated.heartbeat(services.now())?;
    let mut work = store.begin();
    work.blobs().update(&updated);
    match store.commit(work).await {
        Ok(()) => {
            updated.revision = updated.revision.next();
            *blob = updated;
            Ok(())
        }
        // The sweeper has abandoned the upload.
        Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => Err(expired()),
        // The upload continues; the next heartbeat may succeed.
        Err(CommitError::Failed(error)) if error.is_retryable() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Sends a heartbeat for a blob record that concurrent requests may update as
/// well.
async fn heartbeat_shared(
    services: &Services,
    store: &dyn TenantStore,
    blob: &mut Blob,
) -> Result<()> {
    let ended = || Error::StateConflict("the upload for this URL has ended".to_owned());
    let lane = Lane::of::<Blob>(blob.id);
    *blob = decide!(services, UploadHeartbeat in lane, async {
        let mut found = store.blobs().lookup(blob.id).await?.ok_or_else(ended)?;
        found.heartbeat(services.now()).map_err(|_| ended())?;
        let mut work = store.begin();
        work.blobs().update(&found);
        store.commit(work).await?;
        found.revision = found.revision.next();
        Ok(found)
    })?;
    Ok(())
}

/// Discards an upload that will not be published: first the bytes, then the
/// record and its reservation. On failure the sweeper does it.
pub(super) async fn discard(services: &Services, store: &dyn TenantStore, blob: &Blob) {
    if let Err(error) = try_discard(services, store, blob).await {
        tracing::warn!(blob.id = %blob.id, %error, "cannot discard a failed upload; leaving it to the sweeper");
    }
}

async fn try_discard(services: &Services, store: &dyn TenantStore, blob: &Blob) -> Result<()> {
    services
        .blobs
        .get(&blob.backend)?
        .delete(blob_key(blob))
        .await
        .map_err(Error::storage)?;
    let reserved = blob.clone().abandon()?;
    let mut work = store.begin();
    work.blobs().remove(blob);
    work.quota().release_reserved(reserved);
    Ok(store.commit(work).await?)
}

/// Returns the key of a blob's bytes.
pub(crate) fn blob_key(blob: &Blob) -> BlobKey {
    BlobKey {
        tenant_id: blob.tenant_id,
        blob_id: blob.id,
    }
}
