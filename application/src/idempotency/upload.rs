//! Uploads: the first commit claims the key, and the last one records the
//! response.

use tenantry_domain::{
    blob::{Blob, BlobState},
    id::BlobId,
    idempotency::{IdempotencyKey, IdempotencyRecord, IdempotencyScope, IdempotencyState},
};

use super::{KeyOwner, RecordedResponse, record};
use crate::{
    caller::Caller,
    error::{Error, Result},
    ports::TenantStore,
    services::Services,
    work::TenantWork,
};

/// The state of a caller's key.
pub(crate) enum KeyState {
    /// The key can be claimed.
    Free(Claim),
    /// The first request with the key is complete.
    Completed(RecordedResponse),
}

/// The right to use a key, to be recorded with the request's first commit.
pub(crate) struct Claim {
    scope: IdempotencyScope,
    /// The record of a request that expired, or ended without a response.
    previous: Option<Box<IdempotencyRecord>>,
    /// The upload of that request, whose process has ended.
    dead: Option<Box<Blob>>,
}

/// Finds the state of a caller's key. Fails if the first request with the key
/// is still in progress.
pub(crate) async fn find(
    services: &Services,
    caller: &Caller,
    store: &dyn TenantStore,
    operation: &str,
    key: IdempotencyKey,
) -> Result<KeyState> {
    let scope = KeyOwner::caller(caller).scope(operation, key);
    let previous = services.store.idempotency().find(&scope).await?;
    let mut dead = None;
    if let Some(record) = &previous {
        if let Some(recorded) = RecordedResponse::of(services, record) {
            return Ok(KeyState::Completed(recorded));
        }
        if let IdempotencyState::Uploading(blob) = record.state
            && !record.has_expired(services.now())
            && let Some(blob) = store.blobs().lookup(blob).await?
            && let BlobState::Open { heartbeat_at, .. } = blob.state
        {
            if services.now().distance(heartbeat_at) <= services.settings.upload_timeout {
                return Err(Error::IdempotencyInFlight);
            }
            dead = Some(Box::new(blob));
        }
    }
    Ok(KeyState::Free(Claim {
        scope,
        previous: previous.map(Box::new),
        dead,
    }))
}

impl Claim {
    /// Adds the claim to `work`, for a request that starts with an upload. A dead
    /// upload with the same key is abandoned, and its reservation released.
    /// Returns the record as it will be stored.
    pub(crate) fn begin(
        self,
        services: &Services,
        work: &mut TenantWork,
        blob: BlobId,
    ) -> IdempotencyRecord {
        if let Some(mut dead) = self.dead
            && let Ok(reserved) = dead.abandon()
        {
            work.blobs().update(&dead);
            work.quota().release_reserved(reserved);
        }
        let state = IdempotencyState::Uploading(blob);
        let rows = work.idempotency();
        record(services, rows, &self.scope, self.previous.as_deref(), state)
    }
}
