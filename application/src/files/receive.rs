//! Bytes first, with an intent: the part that all ways in share.
//!
//! The intent and the quota it holds are committed before the first byte; the
//! bytes are streamed and hashed; what becomes of them is for the next commit
//! to say. Wherever this ends early, nothing is visible, and what is left is
//! ended here or by the sweeper.

use std::time::Duration;

use futures_util::future::{Either, select};
use tenantry_domain::{
    blob::{Blob, Content},
    id::{BlobId, TenantId},
    idempotency::IdempotencyRecord,
    permission::Permission,
};

use super::upload_command::Length;
use crate::{
    auth,
    caller::Caller,
    error::{Error, Result, Thing},
    idempotency::Claim,
    ports::{BlobBody, BlobKey, CommitError, Refusal, TenantStore},
    retry::while_stale,
    services::Services,
    tenants,
};

/// How often an upload looks whether its person may still store it: well
/// within the time in which a revocation bites.
const LOOK: Duration = Duration::from_secs(2);

/// Bytes that have arrived and that nobody shows yet.
pub(super) struct Received {
    /// Their record, still open.
    pub(super) blob: Blob,
    /// What they are.
    pub(super) content: Content,
    /// The record of the request they came with, if it has a key.
    pub(super) request: Option<IdempotencyRecord>,
}

/// Takes a body in.
pub(super) async fn receive(
    services: &Services,
    caller: &Caller,
    store: &dyn TenantStore,
    body: BlobBody,
    length: Length,
    claim: Option<Claim>,
) -> Result<Received> {
    let max = services.settings.max_file_bytes;
    if matches!(length, Length::Exact(bytes) | Length::About(bytes) if bytes > max) {
        return Err(Error::FileTooLarge { limit_bytes: max });
    }
    let (mut blob, reserved, request) = begin(services, store, length, claim).await?;
    let limit = match length {
        Length::About(_) => max,
        Length::Exact(_) | Length::Unknown => reserved,
    };
    let right = Right::Caller(caller);
    match stream(services, &right, store, &mut blob, body, limit).await {
        Ok(content) => Ok(Received {
            blob,
            content,
            request,
        }),
        Err(error) => {
            discard(services, store, &blob).await;
            Err(match (error, length) {
                (Error::FileTooLarge { .. }, Length::Exact(_)) => {
                    Error::Malformed("the body is longer than its length".to_owned())
                }
                // A body without a length ran into what was left to reserve.
                (Error::FileTooLarge { .. }, Length::Unknown) if limit < max => {
                    Error::QuotaExceeded
                }
                (other, _) => other,
            })
        }
    }
}

/// What was committed before the first byte: the intent, how many bytes of the
/// quota it holds, and the record of the request.
type Begun = (Blob, u64, Option<IdempotencyRecord>);

/// Commits the intent, what it holds of the quota, and the claim of the key.
async fn begin(
    services: &Services,
    store: &dyn TenantStore,
    length: Length,
    claim: Option<Claim>,
) -> Result<Begun> {
    let reserved = match length {
        Length::Exact(bytes) | Length::About(bytes) => bytes,
        Length::Unknown => {
            let left = store.quota().current().await?.available_bytes();
            left.min(services.settings.max_file_bytes)
        }
    };
    let id = BlobId::from_uuid(services.ids.next());
    let backend = services.blobs.default_name().clone();
    let blob = Blob::open(id, store.tenant().id(), backend, reserved, services.now());
    let mut work = store.begin();
    work.blobs().add(&blob);
    work.quota().reserve(reserved);
    let request = claim.map(|claim| claim.begin(services, &mut work, id));
    store.commit(work).await?;
    Ok((blob, reserved, request))
}

/// Streams the bytes, and meanwhile keeps the intent alive and the right to
/// upload in view.
async fn stream(
    services: &Services,
    right: &Right<'_>,
    store: &dyn TenantStore,
    blob: &mut Blob,
    body: BlobBody,
    limit: u64,
) -> Result<Content> {
    let backend = services.blobs.get(&blob.backend)?;
    let mut put = backend.put(key(blob), body, limit);
    let mut beaten = services.now();
    loop {
        match select(put, services.clock.sleep(LOOK)).await {
            Either::Left((stored, _)) => return Ok(stored?),
            Either::Right(((), unfinished)) => put = unfinished,
        }
        right.look(services).await?;
        if services.now().since(beaten) >= services.settings.upload_heartbeat {
            beaten = services.now();
            match right {
                Right::Caller(_) => beat(services, store, blob).await?,
                Right::Tenant(_) => match while_stale!(still_open(services, store, blob)) {
                    Err(Error::DatabaseUnavailable(_) | Error::Busy) => {}
                    looked => looked?,
                },
            }
        }
    }
}

/// Takes in a body of that size for an intent that somebody else has written
/// and will complete: it is left open, with the bytes or without them.
pub(crate) async fn receive_signed(
    services: &Services,
    store: &dyn TenantStore,
    mut blob: Blob,
    body: BlobBody,
    size_bytes: u64,
) -> Result<()> {
    let backend = services.blobs.get(&blob.backend)?;
    let key = key(&blob);
    if backend.size(key).await.map_err(Error::storage)?.is_some() {
        return Err(Error::PreconditionFailed);
    }
    let right = Right::Tenant(blob.tenant_id);
    let content = match stream(services, &right, store, &mut blob, body, size_bytes).await {
        // Somebody else with the same address was faster.
        Err(Error::Internal(_)) if matches!(backend.size(key).await, Ok(Some(_))) => {
            return Err(Error::PreconditionFailed);
        }
        stored => stored?,
    };
    // From here on the bytes are there: they go unless they are what was
    // announced, and the intent is noted to be open still. Then they belong to
    // it, and whoever ends it ends them.
    let kept = if content.size_bytes == size_bytes {
        while_stale!(still_open(services, store, &mut blob))
    } else {
        let why = "the body is shorter than its length".to_owned();
        Err(Error::Malformed(why))
    };
    if kept.is_err()
        && let Err(error) = backend.delete(key).await
    {
        tracing::warn!(blob.id = %blob.id, %error, "bytes without an intent are left to fsck");
    }
    kept
}

/// By what right a body is stored.
enum Right<'a> {
    /// That of a person, and their permission.
    Caller(&'a Caller),
    /// That of an address, for as long as its tenant is active.
    Tenant(TenantId),
}

impl Right<'_> {
    /// Refuses to go on once it is gone.
    async fn look(&self, services: &Services) -> Result<()> {
        match self {
            Self::Caller(caller) => still_allowed(services, caller, Permission::FilesWrite).await,
            Self::Tenant(tenant) => match tenants::open_active(services, *tenant).await {
                Ok(None) => Err(Error::NotFound(Thing::Tenant)),
                // Asked again the next time, where it could not be.
                Ok(Some(_)) | Err(_) => Ok(()),
            },
        }
    }
}

/// Refuses to go on when the session has ended or the permission is gone. A
/// store that cannot be asked now is asked again the next time.
pub(super) async fn still_allowed(
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
            "the permission {permission} was taken away"
        )))
    }
}

async fn beat(services: &Services, store: &dyn TenantStore, blob: &mut Blob) -> Result<()> {
    let mut beaten = blob.clone();
    beaten.heartbeat(services.now())?;
    let mut work = store.begin();
    work.blobs().update(&beaten);
    match store.commit(work).await {
        Ok(()) => {
            beaten.revision = beaten.revision.next();
            *blob = beaten;
            Ok(())
        }
        // The sweeper held it for dead: it is.
        Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => Err(
            Error::StateConflict("the upload took too long and was ended".to_owned()),
        ),
        // Alive all the same; the next beat may be noted.
        Err(CommitError::Failed(error)) if error.is_retryable() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A sign of life for an intent that others may give one as well.
async fn still_open(services: &Services, store: &dyn TenantStore, blob: &mut Blob) -> Result<()> {
    let over = || Error::StateConflict("the upload of this address is over".to_owned());
    let mut found = store.blobs().lookup(blob.id).await?.ok_or_else(over)?;
    found.heartbeat(services.now()).map_err(|_| over())?;
    let mut work = store.begin();
    work.blobs().update(&found);
    store.commit(work).await?;
    found.revision = found.revision.next();
    *blob = found;
    Ok(())
}

/// Ends an intent that will not be published: the bytes first, then the record
/// and what it held. What cannot be done now is left to the sweeper.
pub(super) async fn discard(services: &Services, store: &dyn TenantStore, blob: &Blob) {
    if let Err(error) = try_discard(services, store, blob).await {
        tracing::warn!(blob.id = %blob.id, %error, "a broken-off upload is left to the sweeper");
    }
}

async fn try_discard(services: &Services, store: &dyn TenantStore, blob: &Blob) -> Result<()> {
    services
        .blobs
        .get(&blob.backend)?
        .delete(key(blob))
        .await
        .map_err(Error::storage)?;
    let reserved = blob.clone().abandon()?;
    let mut work = store.begin();
    work.blobs().remove(blob);
    work.quota().release_reserved(reserved);
    Ok(store.commit(work).await?)
}

/// Where a blob's bytes lie.
pub(crate) fn key(blob: &Blob) -> BlobKey {
    BlobKey {
        tenant_id: blob.tenant_id,
        blob_id: blob.id,
    }
}
