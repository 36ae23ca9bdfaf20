//! Validating a version in the background: presence, size, digest, type.

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tenantry_domain::{
    blob::Blob,
    id::VersionId,
    job::Job,
    media_type::{self, MediaType},
    tenant::ActiveTenant,
    version::{Failure, FileVersion, Processing},
};
use uuid::Uuid;

use super::{damage::note_damage, receive::key};
use crate::{
    audit::Entry,
    error::{Error, Result},
    jobs::Outcome,
    ports::{PortError, PortErrorKind, TenantStore},
    retry,
    services::Services,
};

/// What a validation is to be done with.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ValidateVersion {
    /// The version.
    pub(crate) version_id: Uuid,
}

impl ValidateVersion {
    /// The job's payload.
    pub(crate) fn to_json(&self) -> Result<String, PortError> {
        serde_json::to_string(self).map_err(|error| {
            PortError::new(PortErrorKind::Internal, "writing a job payload").caused_by(error)
        })
    }
}

/// Validates. The verdict, what follows from it, and the end of the job are
/// one commit, so a job that is done twice has its effect once.
pub(crate) async fn validate(on: &Services, job: &Job) -> Result<Outcome> {
    let Ok(payload) = serde_json::from_str::<ValidateVersion>(&job.payload) else {
        return Ok(Outcome::Hopeless("the payload is not readable".to_owned()));
    };
    let id = VersionId::from_uuid(payload.version_id);
    let Some(tenant) = job.tenant_id else {
        return Ok(Outcome::Hopeless("the job names no tenant".to_owned()));
    };
    let status = on
        .store
        .tenants()
        .lookup(tenant)
        .await?
        .map(|tenant| tenant.status);
    let Some(status) = status else {
        return Ok(Outcome::Done);
    };
    let Some(active) = ActiveTenant::of(tenant, status) else {
        return Ok(Outcome::Postponed("the tenant is not active".to_owned()));
    };
    let store = on.store.open(active).await?;
    let Some(version) = pending(store.as_ref(), id).await? else {
        return Ok(Outcome::Done);
    };
    let verdict = judge(on, store.as_ref(), &version).await?;
    retry::while_stale!(record(on, store.as_ref(), job, id, &verdict))
}

async fn pending(store: &dyn TenantStore, id: VersionId) -> Result<Option<FileVersion>> {
    let version = store.versions().lookup(id).await?;
    Ok(version.filter(|version| version.processing == Processing::Pending))
}

/// What is to be said of a version: its type, or why it is refused.
type Verdict = std::result::Result<MediaType, Failure>;

async fn judge(on: &Services, store: &dyn TenantStore, version: &FileVersion) -> Result<Verdict> {
    let refuse = |code: &str, message: &str| {
        Ok(Err(Failure {
            code: code.to_owned(),
            message: message.to_owned(),
        }))
    };
    let blob = match version.blob_id {
        Some(id) => store.blobs().lookup(id).await?,
        None => None,
    };
    let Some((blob, content)) = blob.as_ref().and_then(|blob| Some((blob, blob.content()?))) else {
        return refuse("content_missing", "the content is not there");
    };
    if content.size_bytes != version.size_bytes || content.digest != version.digest {
        return refuse("digest_mismatch", "the content is not what was uploaded");
    }
    let backend = on.blobs.get(&blob.backend)?;
    if let Err(error) = backend.verify(key(blob), content).await {
        note_damage(store, blob, &error, on.now()).await;
        return match error.kind {
            PortErrorKind::NotFound => refuse("content_missing", "the content is not there"),
            PortErrorKind::Corrupt => {
                refuse("digest_mismatch", "the content is not what was uploaded")
            }
            _ => Err(Error::storage(error)),
        };
    }
    let head = head(on, blob, content.size_bytes).await?;
    let detected = on.types.detect(&head);
    Ok(
        media_type::settle(&version.declared_type, detected.as_ref()).map_err(|invalid| Failure {
            code: invalid.code.to_owned(),
            message: invalid.message,
        }),
    )
}

async fn head(on: &Services, blob: &Blob, size: u64) -> Result<Vec<u8>> {
    let Some(content) = blob.content() else {
        return Ok(Vec::new());
    };
    let wanted = size.min(on.types.head_bytes() as u64);
    let backend = on.blobs.get(&blob.backend)?;
    let mut stream = backend
        .read(key(blob), content, 0..wanted)
        .await
        .map_err(Error::storage)?;
    let mut head = Vec::new();
    while let Some(bytes) = stream.next().await {
        head.extend_from_slice(&bytes.map_err(Error::storage)?);
    }
    Ok(head)
}

async fn record(
    on: &Services,
    store: &dyn TenantStore,
    job: &Job,
    id: VersionId,
    verdict: &Verdict,
) -> Result<Outcome> {
    let Some(mut version) = pending(store, id).await? else {
        return Ok(Outcome::Done);
    };
    let now = on.now();
    let mut work = store.begin();
    match verdict {
        Ok(media_type) => version.accept(media_type.clone(), now)?,
        Err(failure) => {
            if let Some(blob) = version.fail(failure.clone(), now)? {
                if let Some(mut blob) = store.blobs().lookup(blob).await? {
                    // None left to drop: the file was deleted in between
                    // the reads.
                    blob.drop_reference(now)
                        .map_err(|_| Error::VersionConflict)?;
                    work.blobs().update(&blob);
                }
                work.quota().release(version.size_bytes);
            }
        }
    }
    work.versions().update(&version);
    if let Some(mut file) = store.files().lookup(version.file_id).await? {
        file.note_processed(&version, now);
        work.files().update(&file);
    }
    let entry = Entry::new(on, "file.process", "file", version.file_id)
        .detail("version", version.number)
        .detail("status", version.processing.as_str());
    work.audit(entry.of_tenant(version.tenant_id));
    let mut done = job.clone();
    done.succeed(now)?;
    work.jobs().update(&done);
    store.commit(work).await?;
    Ok(Outcome::Recorded)
}
