//! Requests that take effect by one commit.

use std::future::Future;

use tenantry_domain::idempotency::{IdempotencyRecord, IdempotencyScope, IdempotencyState};

use super::{KeyOwner, KeyedRequest, RecordedResponse, Replayable, fingerprint, record};
use crate::{
    error::{Error, Result},
    ports::{PortError, PortErrorKind},
    services::Services,
    work::Rows,
};

/// An attempt of a request, with or without a key.
pub(crate) struct Attempt<'s, T> {
    services: &'s Services,
    keyed: Option<Keyed<T>>,
}

/// A request with a key.
struct Keyed<T> {
    scope: IdempotencyScope,
    fingerprint: [u8; 32],
    render: fn(&T) -> String,
    /// The record found when the attempt started.
    found: Option<IdempotencyRecord>,
}

impl<'s, T> Attempt<'s, T> {
    /// Starts an attempt: reads the record of the key.
    pub(crate) async fn start(
        services: &'s Services,
        owner: KeyOwner,
        operation: &str,
        request: Option<KeyedRequest<T>>,
    ) -> Result<Self> {
        let keyed = match request {
            None => None,
            Some(request) => {
                let scope = owner.scope(operation, request.key);
                Some(Keyed {
                    found: services.store.idempotency().find(&scope).await?,
                    scope,
                    fingerprint: fingerprint(services, &request.content),
                    render: request.render,
                })
            }
        };
        Ok(Self { services, keyed })
    }

    /// Returns whether the response must be recorded.
    pub(crate) const fn has_key(&self) -> bool {
        self.keyed.is_some()
    }

    /// Runs the request, which must [record](Self::record) its response in its
    /// commit. A retry returns the response to the first request instead, and so
    /// does a request that loses against a concurrent one with the same key.
    /// Fails with [`Error::IdempotencyMismatch`] if the key was used for a
    /// different request.
    pub(crate) async fn run(
        &self,
        request: impl Future<Output = Result<T>>,
    ) -> Result<Replayable<T>> {
        let Some(keyed) = &self.keyed else {
            return request.await.map(Replayable::Completed);
        };
        if let Some(response) = keyed.replay(self.services, keyed.found.as_ref())? {
            return Ok(Replayable::Replayed(response));
        }
        let error = match request.await {
            Ok(value) => return Ok(Replayable::Completed(value)),
            Err(error) => error,
        };
        if is_conflict(&error) {
            let repository = self.services.store.idempotency();
            let record = repository.find(&keyed.scope).await?;
            if let Some(response) = keyed.replay(self.services, record.as_ref())? {
                return Ok(Replayable::Replayed(response));
            }
        }
        Err(error)
    }

    /// Adds the response to the unit of work that completes the request.
    pub(crate) fn record(
        &self,
        rows: Rows<'_, IdempotencyRecord>,
        value: &T,
    ) -> Result<(), PortError> {
        let Some(keyed) = &self.keyed else {
            return Ok(());
        };
        let answer = (keyed.render)(value);
        if answer.len() > IdempotencyRecord::MAX_RESPONSE_BYTES {
            let context = format!("record a response: it has {} bytes", answer.len());
            return Err(PortError::new(PortErrorKind::Internal, context));
        }
        let state = IdempotencyState::Done {
            fingerprint: keyed.fingerprint,
            answer,
        };
        let found = keyed.found.as_ref();
        record(self.services, rows, &keyed.scope, found, state);
        Ok(())
    }
}

impl<T> Keyed<T> {
    /// Returns the response of a record, if the request has completed.
    fn replay(
        &self,
        services: &Services,
        record: Option<&IdempotencyRecord>,
    ) -> Result<Option<String>> {
        let recorded = record.and_then(|record| RecordedResponse::of(services, record));
        let response = recorded.map(|recorded| recorded.replay(self.fingerprint));
        response.transpose()
    }
}

/// Returns whether a concurrent request with the same key can cause an error.
const fn is_conflict(error: &Error) -> bool {
    matches!(
        error,
        Error::IdempotencyInFlight
            | Error::AlreadyExists(_)
            | Error::VersionConflict
            | Error::StateConflict(_)
    )
}
