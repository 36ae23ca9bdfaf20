//! Idempotency keys: the commit of a request records its response, which a retry
//! with the same key receives.
//!
//! - `Attempt` is for a use case with one commit, which records the response.
//! - `upload` is for uploads: the first commit claims the key, the last one
//!   records the response.

mod attempt;
pub(crate) mod upload;

use serde_json::Value;
use tenantry_domain::{
    id::{IdempotencyId, TenantId, UserId},
    idempotency::{IdempotencyKey, IdempotencyRecord, IdempotencyScope, IdempotencyState},
};
use uuid::Builder;

use crate::{
    caller::{Caller, PlatformCaller},
    error::{Error, Result},
    ports::SealPurpose,
    services::Services,
    work::Rows,
};

pub(crate) use attempt::Attempt;

/// A request with an idempotency key.
#[derive(Clone)]
pub struct KeyedRequest<T> {
    /// The client's key.
    pub key: IdempotencyKey,
    /// The whole request in a canonical form; a retry must have an equal one.
    pub content: Value,
    /// Renders the response that a retry receives.
    pub render: fn(&T) -> String,
}

/// The result of a request that may have been a retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayable<T> {
    /// The request took effect.
    Completed(T),
    /// The request was a retry; the response to the first one.
    Replayed(String),
}

/// The caller of an operation, within which a key is unique.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyOwner {
    tenant_id: Option<TenantId>,
    user_id: UserId,
}

impl KeyOwner {
    /// Returns the owner of the keys of a user in a tenant.
    pub(crate) fn caller(caller: &Caller) -> Self {
        Self {
            tenant_id: Some(caller.tenant_id()),
            user_id: caller.user_id,
        }
    }

    /// Returns the owner of the keys of a platform administrator, in any tenant.
    pub(crate) fn platform(caller: &PlatformCaller) -> Self {
        Self {
            tenant_id: None,
            user_id: caller.user_id,
        }
    }

    /// Returns the owner of the keys of clients that are not signed in and use
    /// the same `name`, such as an e-mail address.
    pub(crate) fn anonymous(services: &Services, name: &str) -> Self {
        let seal = services
            .seals
            .seal(SealPurpose::Idempotency, name.as_bytes());
        let id = std::array::from_fn(|index| seal[index]);
        Self {
            tenant_id: None,
            user_id: UserId::from_uuid(Builder::from_custom_bytes(id).into_uuid()),
        }
    }

    fn scope(self, operation: &str, key: IdempotencyKey) -> IdempotencyScope {
        IdempotencyScope {
            tenant_id: self.tenant_id,
            user_id: self.user_id,
            operation: operation.to_owned(),
            key,
        }
    }
}

/// The response to the first request with a key.
pub(crate) struct RecordedResponse {
    fingerprint: [u8; 32],
    response: String,
}

impl RecordedResponse {
    /// Returns the response of a record, if it has one that is not expired.
    fn of(services: &Services, record: &IdempotencyRecord) -> Option<Self> {
        match &record.state {
            IdempotencyState::Done {
                fingerprint,
                answer,
            } if !record.has_expired(services.now()) => Some(Self {
                fingerprint: *fingerprint,
                response: answer.clone(),
            }),
            _ => None,
        }
    }

    /// Returns the response if the retry is the same request.
    pub(crate) fn replay(self, fingerprint: [u8; 32]) -> Result<String> {
        if self.fingerprint == fingerprint {
            Ok(self.response)
        } else {
            Err(Error::IdempotencyMismatch)
        }
    }
}

/// Adds the record of a request to a unit of work; it reuses the record of an
/// earlier request with the key. Returns the record as it will be stored.
fn record(
    services: &Services,
    rows: Rows<'_, IdempotencyRecord>,
    scope: &IdempotencyScope,
    previous: Option<&IdempotencyRecord>,
    state: IdempotencyState,
) -> IdempotencyRecord {
    let now = services.now();
    if let Some(previous) = previous {
        let mut record = previous.clone();
        record.restart(state, now);
        rows.update(&record);
        record.revision = record.revision.next();
        return record;
    }
    let id = IdempotencyId::from_uuid(services.ids.next());
    let record = IdempotencyRecord::new(id, scope.clone(), state, now);
    rows.add(&record);
    record
}

/// Returns the fingerprint of a request. It is keyed: a reader of the store
/// cannot test guesses of the request.
pub(crate) fn fingerprint(services: &Services, request: &Value) -> [u8; 32] {
    let text = request.to_string();
    services
        .seals
        .seal(SealPurpose::Idempotency, text.as_bytes())
}
