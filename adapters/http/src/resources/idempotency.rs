//! Requests with an idempotency key
//! (draft-ietf-httpapi-idempotency-key-header).

use poem_openapi::types::{ParseFromJSON, ToJSON};
use tenantry_application::{
    Error, Result,
    idempotency::{KeyedRequest, Replayable},
};
use tenantry_domain::idempotency::IdempotencyKey;

use crate::types::{Text, parameters};

parameters! {
    /// The idempotency key of a request.
    pub(crate) struct Idempotency in Header {
        /// A unique name for the request, 1 to 255 visible ASCII characters. A
        /// retry with the same key and content within 24 hours returns the first
        /// response and changes nothing.
        key as "Idempotency-Key": Option<Text<257>>,
    }
}

impl Idempotency {
    /// Returns the key.
    ///
    /// # Errors
    ///
    /// Fails with `validation_failed` when the key is not valid.
    pub(crate) fn key(&self) -> Result<Option<IdempotencyKey>> {
        let key = self.key.as_deref().map(IdempotencyKey::parse).transpose();
        key.map_err(|error| Error::field("Idempotency-Key", error))
    }

    /// Describes the request for a use case whose result `T` is sent as `B`;
    /// `None` without a key.
    ///
    /// # Errors
    ///
    /// Fails with `validation_failed` when the key is not valid.
    pub(crate) fn request<T, B>(&self, content: &impl ToJSON) -> Result<Option<KeyedRequest<T>>>
    where
        B: ToJSON + for<'a> From<&'a T>,
    {
        let request = |key| KeyedRequest {
            key,
            content: content.to_json().unwrap_or_default(),
            render: |result| B::from(result).to_json_string(),
        };
        Ok(self.key()?.map(request))
    }
}

/// Returns the body of a result, which may be recorded.
///
/// # Errors
///
/// Fails when the recorded body has another form, such as one of an older
/// version of the service.
pub(crate) fn replayable<T, B>(result: Replayable<T>) -> Result<B>
where
    B: ParseFromJSON + for<'a> From<&'a T>,
{
    match result {
        Replayable::Completed(result) => Ok(B::from(&result)),
        Replayable::Replayed(json) => B::parse_from_json_string(&json).map_err(|error| {
            Error::internal(format!("read a recorded response: {}", error.message()))
        }),
    }
}
