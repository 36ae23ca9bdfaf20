//! Validating a version in the background: presence, size, digest, type.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tenantry_domain::{
    blob::Blob,
    file::File,
    id::VersionId,
    job::{Job, JobKind},
    media_type::{self, Claim, ContentTypes, MediaType},
    version::{Failure, FileVersion, Processing},
};
use uuid::Uuid;

use super::{damage::record_damage, receive::blob_key, spare};
use crate::{
    audit::Entry,
    contention::{Lane, decide},
    error::{Error, Result},
    job_handler::{JobHandler, JobOutcome, open_tenant},
    ports::{CommitError, PortErrorKind, Refusal, TenantStore},
    services::Services,
    work::Kind,
};

/// The arguments of a validation job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ValidateVersion {
    /// The version.
    pub(crate) version_id: Uuid,
}

#[async_trait]
impl JobHandler for ValidateVersion {
    const KIND: JobKind = JobKind::ValidateVersion;

    async fn run(services: &Services, job: &Job) -> Result<JobOutcome> {
        let Subject { store, id, rule } = match subject(services, job).await? {
            Ok(subject) => subject,
            Err(outcome) => return Ok(outcome),
        };
        let Some(version) = pending(store.as_ref(), id).await? else {
            return Ok(JobOutcome::Done);
        };
        let verdict = judge(services, store.as_ref(), &version, rule).await?;
        let mut done = job.clone();
        done.succeed(services.now())?;
        record(services, store.as_ref(), &done, &version, &verdict).await
    }

    /// Marks the version as failed, in one commit with the end of the job.
    async fn give_up(services: &Services, dead: &Job) -> Result<bool> {
        let Ok(Subject { store, id, .. }) = subject(services, dead).await? else {
            return Ok(false);
        };
        let Some(version) = pending(store.as_ref(), id).await? else {
            return Ok(false);
        };
        let verdict = Err(Failure {
            code: "processing_failed".to_owned(),
            message: "the content could not be validated".to_owned(),
        });
        let outcome = record(services, store.as_ref(), dead, &version, &verdict).await?;
        Ok(outcome == JobOutcome::Committed)
    }
}

/// The subject of a job.
struct Subject {
    store: Arc<dyn TenantStore>,
    id: VersionId,
    rule: ContentTypes,
}

/// Returns the subject of a job, or the job's outcome without one.
async fn subject(
    services: &Services,
    job: &Job,
) -> Result<std::result::Result<Subject, JobOutcome>> {
    let Some(payload) = ValidateVersion::arguments(job) else {
        let reason = "the payload is malformed".to_owned();
        return Ok(Err(JobOutcome::Unrecoverable(reason)));
    };
    let opened = open_tenant(services, job).await?;
    Ok(opened.map(|(tenant, store)| Subject {
        store,
        id: VersionId::from_uuid(payload.version_id),
        rule: tenant.content_types,
    }))
}

async fn pending(store: &dyn TenantStore, id: VersionId) -> Result<Option<FileVersion>> {
    let version = store.versions().lookup(id).await?;
    Ok(version.filter(|version| version.processing == Processing::Pending))
}

/// The result of a validation: the media type, or the failure.
type Verdict = std::result::Result<MediaType, Failure>;

async fn judge(
    services: &Services,
    store: &dyn TenantStore,
    version: &FileVersion,
    rule: ContentTypes,
) -> Result<Verdict> {
    let reject = |code: &str, message: &str| {
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
        return reject("content_missing", "the content is missing");
    };
    if content.size_bytes != version.size_bytes || content.digest != version.digest {
        return reject(
            "digest_mismatch",
            "the content differs from the uploaded content",
        );
    }
    let backend = services.blobs.get(&blob.backend)?;
    if let Err(error) = backend.verify(blob_key(blob), content).await {
        record_damage(services, store, blob, &error).await;
        let (code, message) = match error.kind {
            PortErrorKind::NotFound => ("content_missing", "the content is missing"),
            PortErrorKind::Corrupt => (
                "digest_mismatch",
                "the content differs from the uploaded content",
            ),
            _ => return Err(Error::storage(error)),
        };
        if !spare::heal(services, store, blob, content).await? {
            return reject(code, message);
        }
    }
    if blob.is_shared() {
        spare::discard_all(services, store, blob, content).await?;
    }
    let Some(file) = store.files().lookup(version.file_id).await? else {
        return reject("content_missing", "the file was deleted");
    };
    let head = head(services, blob, content.size_bytes).await?;
    let claim = Claim {
        declared: &version.declared_type,
        file_name: file.name(),
    };
    let types = &services.types;
    let checked = media_type::check(rule, claim, &types.detect(&head), |media_type| {
        types.has_signature(media_type)
    });
    Ok(checked.map_err(|invalid| Failure {
        code: invalid.code.to_owned(),
        message: invalid.message,
    }))
}

async fn head(services: &Services, blob: &Blob, size: u64) -> Result<Vec<u8>> {
    let Some(content) = blob.content() else {
        return Ok(Vec::new());
    };
    let wanted = size.min(services.types.head_bytes() as u64);
    let backend = services.blobs.get(&blob.backend)?;
    let mut stream = backend
        .read(blob_key(blob), content, 0..wanted)
        .await
        .map_err(Error::storage)?;
    let mut head = Vec::new();
    while let Some(bytes) = stream.next().await {
        head.extend_from_slice(&bytes.map_err(Error::storage)?);
    }
    Ok(head)
}

/// Commits a verdict and the end of the job.
async fn record(
    services: &Services,
    store: &dyn TenantStore,
    ended: &Job,
    version: &FileVersion,
    verdict: &Verdict,
) -> Result<JobOutcome> {
    let lane = Lane::of::<File>(version.file_id);
    let id = version.id;
    decide!(services, FileProcess in lane, try_record(
        services, store, ended, id, verdict
    ))
}

async fn try_record(
    services: &Services,
    store: &dyn TenantStore,
    ended: &Job,
    id: VersionId,
    verdict: &Verdict,
) -> Result<JobOutcome> {
    let Some(mut version) = pending(store, id).await? else {
        return Ok(JobOutcome::Done);
    };
    let now = services.now();
    let mut work = store.begin();
    match verdict {
        Ok(media_type) => version.accept(media_type.clone(), now)?,
        Err(failure) => {
            work.quota().release(version.used_bytes());
            if let Some(blob) = version.fail(failure.clone(), now)?
                && store.blobs().lookup(blob).await?.is_some()
            {
                work.references().remove(blob, now);
            }
        }
    }
    work.versions().update(&version);
    if let Some(mut file) = store.files().lookup(version.file_id).await? {
        file.note_processed(&version, now);
        work.files().update(&file);
    }
    let entry = Entry::new(services, "file.process", "file", version.file_id)
        .detail("version", version.number)
        .detail("status", version.processing.as_str());
    work.audit(entry.of_tenant(version.tenant_id));
    work.jobs().update(ended);
    match store.commit(work).await {
        Ok(()) => Ok(JobOutcome::Committed),
        // Deleted in between; the next attempt sees that.
        Err(CommitError::Refused(Refusal::Missing(Kind::File | Kind::Version | Kind::Blob))) => {
            Err(Error::VersionConflict)
        }
        Err(error) => Err(error.into()),
    }
}
