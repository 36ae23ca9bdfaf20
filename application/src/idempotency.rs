//! Requests that are sent twice and done once: the client's key is claimed in
//! the request's first commit, and its answer kept in the last.

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

/// What a key leads to.
pub(crate) enum Found {
    /// Nothing that stands: it can be claimed.
    Free(Claim),
    /// The answer to the request that came first.
    Answered(Answered),
}

/// An answer that was given before.
pub(crate) struct Answered {
    fingerprint: [u8; 32],
    answer: String,
}

/// The right to use a key, to be recorded with the request's first commit.
pub(crate) struct Claim {
    scope: IdempotencyScope,
    /// What held the key and came to nothing.
    broken_off: Option<Box<IdempotencyRecord>>,
}

/// Looks what a caller's key leads to; refuses where the first request with
/// it is still running.
pub(crate) async fn find(
    services: &Services,
    caller: &Caller,
    store: &dyn TenantStore,
    operation: &str,
    key: IdempotencyKey,
) -> Result<Found> {
    let scope = IdempotencyScope {
        tenant_id: Some(caller.tenant_id()),
        user_id: caller.user_id,
        operation: operation.to_owned(),
        key,
    };
    let Some(record) = services.store.idempotency().find(&scope).await? else {
        return Ok(Found::Free(Claim {
            scope,
            broken_off: None,
        }));
    };
    if !record.has_expired(services.now()) {
        match &record.state {
            IdempotencyState::Done {
                fingerprint,
                answer,
            } => {
                return Ok(Found::Answered(Answered {
                    fingerprint: *fingerprint,
                    answer: answer.clone(),
                }));
            }
            IdempotencyState::Uploading(blob) if is_under_way(store, *blob).await? => {
                return Err(Error::IdempotencyInFlight);
            }
            IdempotencyState::Uploading(_) => {}
        }
    }
    Ok(Found::Free(Claim {
        scope,
        broken_off: Some(Box::new(record)),
    }))
}

/// An upload is under way until it is published or the sweeper ends it.
async fn is_under_way(store: &dyn TenantStore, blob: BlobId) -> Result<bool> {
    let blob = store.blobs().lookup(blob).await?;
    Ok(blob.is_some_and(|blob| matches!(blob.state, BlobState::Open { .. })))
}

impl Claim {
    /// Records in `work` that the request begins with this upload, and
    /// returns the record as it will be stored.
    pub(crate) fn begin(
        self,
        services: &Services,
        work: &mut TenantWork,
        blob: BlobId,
    ) -> IdempotencyRecord {
        match self.broken_off {
            Some(mut record) => {
                record.upload_again(blob, services.now());
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

impl Answered {
    /// The answer, if the request is the one it was given to.
    pub(crate) fn replay(self, fingerprint: [u8; 32]) -> Result<String> {
        if self.fingerprint == fingerprint {
            Ok(self.answer)
        } else {
            Err(Error::IdempotencyMismatch)
        }
    }
}

/// Stands for a request, told by everything it asks for. Keyed, so that
/// nobody who reads the store can try what it was.
pub(crate) fn fingerprint(services: &Services, request: &serde_json::Value) -> [u8; 32] {
    let text = request.to_string();
    services
        .seals
        .seal(SealPurpose::Idempotency, text.as_bytes())
}
