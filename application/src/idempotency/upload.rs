//! Uploads: the first commit claims the key, and the last one records the
//! response.

use tenantry_domain::{
    blob::BlobState,
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
    if let Some(record) = &previous {
        if let Some(recorded) = RecordedResponse::of(services, record) {
            return Ok(KeyState::Completed(recorded));
        }
        if let IdempotencyState::Uploading(blob) = record.state
            && !record.has_expired(services.now())
            && is_in_progress(store, blob).await?
        {
            return Err(Error::IdempotencyInFlight);
        }
    }
    Ok(KeyState::Free(Claim {
        scope,
        previous: previous.map(Box::new),
    }))
}

/// Returns whether an upload is in progress: neither published nor swept.
async fn is_in_progress(store: &dyn TenantStore, blob: BlobId) -> Result<bool> {
    let blob = store.blobs().lookup(blob).await?;
    Ok(blob.is_some_and(|blob| matches!(blob.state, BlobState::Open { .. })))
}

impl Claim {
    /// Adds the claim to `work`, for a request that starts with an upload.
    /// Returns the record as it will be stored.
    pub(crate) fn begin(
        self,
        services: &Services,
        work: &mut TenantWork,
        blob: BlobId,
    ) -> IdempotencyRecord {
        let state = IdempotencyState::Uploading(blob);
        let rows = work.idempotency();
        record(services, rows, &self.scope, self.previous.as_deref(), state)
    }
}
