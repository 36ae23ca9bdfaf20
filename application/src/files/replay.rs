//! Answering an upload that was done before under its idempotency key.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenantry_domain::{
    blob::{Content, Digest},
    id::FileId,
    path::LogicalPath,
    tags::{TagValue, Tags},
};
use uuid::Uuid;

use super::upload_command::{Target, Uploaded, Wanted};
use crate::{
    error::{Error, Result},
    idempotency::{self, Answered},
    ports::{BlobBody, PortError, PortErrorKind, PutError},
    services::Services,
};

/// The name of the operation in records of keys.
pub(super) const OPERATION: &str = "files.upload";

/// Answers as before, if the request and its body are the same.
pub(super) async fn replay(
    services: &Services,
    wanted: &Wanted,
    body: BlobBody,
    answered: Answered,
) -> Result<Uploaded> {
    let backend = services.blobs.get(services.blobs.default_name())?;
    let content = match backend.digest(body, services.settings.max_file_bytes).await {
        Ok(content) => content,
        // What was stored was not larger than this.
        Err(PutError::TooLarge { .. }) => return Err(Error::IdempotencyMismatch),
        Err(error) => return Err(error.into()),
    };
    let answer = answered.replay(fingerprint(services, wanted, &content))?;
    read(&answer).ok_or_else(|| Error::internal("a stored answer cannot be read"))
}

/// Stands for an upload and its body.
pub(super) fn fingerprint(services: &Services, wanted: &Wanted, content: &Content) -> [u8; 32] {
    let (target, path) = match &wanted.target {
        Target::New(path) => ("new", path),
        Target::Named(path) => ("named", path),
        Target::At(path, _) => ("at", path),
    };
    let request = json!([
        wanted.place.bucket().as_str(),
        wanted.place.owner(),
        target,
        path.as_str(),
        wanted.tags.as_ref().map(tags),
        wanted.declared_type.as_str(),
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

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    file_id: Uuid,
    path: String,
    version: u32,
    size_bytes: u64,
    digest: String,
    created: bool,
}

/// The answer, to be kept.
pub(super) fn write(uploaded: &Uploaded) -> Result<String, PortError> {
    let kept = Kept {
        file_id: uploaded.file_id.as_uuid(),
        path: uploaded.path.to_string(),
        version: uploaded.version,
        size_bytes: uploaded.size_bytes,
        digest: uploaded.digest.to_string(),
        created: uploaded.created,
    };
    serde_json::to_string(&kept).map_err(|error| {
        PortError::new(PortErrorKind::Internal, "writing an answer to keep").caused_by(error)
    })
}

fn read(answer: &str) -> Option<Uploaded> {
    let kept: Kept = serde_json::from_str(answer).ok()?;
    Some(Uploaded {
        file_id: FileId::from_uuid(kept.file_id),
        path: LogicalPath::parse(&kept.path).ok()?,
        version: kept.version,
        size_bytes: kept.size_bytes,
        digest: Digest::parse(&kept.digest).ok()?,
        created: kept.created,
    })
}
