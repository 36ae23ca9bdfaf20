//! Replaying the response of an upload with a known idempotency key.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenantry_domain::{
    blob::{Content, Digest},
    id::FileId,
    path::LogicalPath,
    tags::{TagValue, Tags},
};
use uuid::Uuid;

use super::upload_command::{Target, UploadSpec, UploadedVersion};
use crate::{
    error::{Error, Result},
    idempotency::{self, RecordedResponse},
    ports::{BlobBody, PortError, PortErrorKind, PutError},
    services::Services,
};

/// The operation's name in idempotency records.
pub(super) const OPERATION: &str = "files.upload";

/// Returns the recorded response if the request and its body are the same.
pub(super) async fn replay(
    services: &Services,
    spec: &UploadSpec,
    body: BlobBody,
    recorded: RecordedResponse,
) -> Result<UploadedVersion> {
    let backend = services.blobs.get(services.blobs.default_name())?;
    let content = match backend.digest(body, services.settings.max_file_bytes).await {
        Ok(content) => content,
        // The stored body was within the limit.
        Err(PutError::TooLarge { .. }) => return Err(Error::IdempotencyMismatch),
        Err(error) => return Err(error.into()),
    };
    let response = recorded.replay(fingerprint(services, spec, &content))?;
    decode(&response).ok_or_else(|| Error::internal("cannot decode a stored response"))
}

/// Returns the fingerprint of an upload and its body.
pub(super) fn fingerprint(services: &Services, spec: &UploadSpec, content: &Content) -> [u8; 32] {
    let (target, path) = match &spec.target {
        Target::New(path) => ("new", path),
        Target::Named(path) => ("named", path),
        Target::At(path, _) => ("at", path),
    };
    let request = json!([
        spec.place.bucket().as_str(),
        spec.place.owner(),
        target,
        path.as_str(),
        spec.tags.as_ref().map(tags),
        spec.declared_type.as_str(),
        content.digest.to_string(),
        content.size_bytes,
    ]);
    idempotency::fingerprint(services, &request)
}

fn tags(tags: &Tags) -> Value {
    let entries = tags.iter().map(|(key, value)| match value {
        TagValue::Text(text) => json!([key, text]),
        TagValue::Integer(number) => json!([key, number]),
        TagValue::Number(number) => json!([key, number]),
        TagValue::Flag(flag) => json!([key, flag]),
        TagValue::Empty => json!([key, null]),
    });
    entries.collect()
}

/// A response in its stored form.
#[derive(Serialize, Deserialize)]
struct StoredResponse {
    file_id: Uuid,
    path: String,
    version: u32,
    size_bytes: u64,
    digest: String,
    created: bool,
}

/// Encodes a response for storage.
pub(super) fn encode(uploaded: &UploadedVersion) -> Result<String, PortError> {
    let stored = StoredResponse {
        file_id: uploaded.file_id.as_uuid(),
        path: uploaded.path.to_string(),
        version: uploaded.version,
        size_bytes: uploaded.size_bytes,
        digest: uploaded.digest.to_string(),
        created: uploaded.created,
    };
    serde_json::to_string(&stored).map_err(|error| {
        PortError::new(PortErrorKind::Internal, "encode a response").caused_by(error)
    })
}

fn decode(response: &str) -> Option<UploadedVersion> {
    let stored: StoredResponse = serde_json::from_str(response).ok()?;
    Some(UploadedVersion {
        file_id: FileId::from_uuid(stored.file_id),
        path: LogicalPath::parse(&stored.path).ok()?,
        version: stored.version,
        size_bytes: stored.size_bytes,
        digest: Digest::parse(&stored.digest).ok()?,
        created: stored.created,
    })
}
