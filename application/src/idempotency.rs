//! Idempotency keys: the first commit of a request claims the client's key, and
//! the last records the response, which a retry receives.

use tenantry_domain::{
    blob::BlobState,
    id::{BlobId, IdempotencyId},
    idempotency::{IdempotencyKey, IdempotencyRecord, IdempotencyScope, IdempotencyState},
};

use crate::{
    caller::Caller,
    error::{Error, Result},
    ports::{SealPurpose, TenantStore},
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

/// The response to the first request with a key.
pub(crate) struct RecordedResponse {
    fingerprint: [u8; 32],
    response: String,
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
    let scope = IdempotencyScope {
        tenant_id: Some(caller.tenant_id()),
        user_id: caller.user_id,
        operation: operation.to_owned(),
        key,
    };
    let Some(record) = services.store.idempotency().find(&scope).await? else {
        return Ok(KeyState::Free(Claim {
            scope,
            previous: None,
        }));
    };
    if !record.has_expired(services.now()) {
        match &record.state {
            IdempotencyState::Done {
                fingerprint,
                answer,
            } => {
                return Ok(KeyState::Completed(RecordedResponse {
                    fingerprint: *fingerprint,
                    response: answer.clone(),
                }));
            }
            IdempotencyState::Uploading(blob) if is_in_progress(store, *blob).await? => {
                return Err(Error::IdempotencyInFlight);
            }
            IdempotencyState::Uploading(_) => {}
        }
    }
    Ok(KeyState::Free(Claim {
        scope,
        previous: Some(Box::new(record)),
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
        match self.previous {
            Some(mut record) => {
                record.restart_upload(blob, services.now());
                work.idempotency().update(&record);
                record.revision = record.revision.next();
                *record
            }
            None => {
                let id = IdempotencyId::from_uuid(services.ids.next());
                let record = IdempotencyRecord::uploading(id, self.scope, blob, services.now());
                work.idempotency().add(&record);
                record
            }
        }
    }
}

impl RecordedResponse {
    /// Returns the response if the retry is the same request.
    pub(crate) fn replay(self, fingerprint: [u8; 32]) -> Result<String> {
        if self.fingerprint == fingerprint {
            Ok(self.response)
        } else {
            Err(Error::IdempotencyMismatch)
        }
    }
}

/// Returns the fingerprint of a request. It is keyed: a reader of the store
/// cannot test guesses of the request.
pub(crate) fn fingerprint(services: &Services, request: &serde_json::Value) -> [u8; 32] {
    let text = request.to_string();
    services
        .seals
        .seal(SealPurpose::Idempotency, text.as_bytes())
}
