//! Publishing received content as a version: one commit of the version, the
//! file, the quota, the validation job and the audit entry.

use tenantry_domain::{
    Revision,
    file::{File, NewFile},
    id::{FileId, VersionId},
    quota,
    version::{FileVersion, Processing},
};

use super::{
    ValidateVersion,
    destination::Destination,
    receive::{ReceivedUpload, discard, exceeded},
    replay,
    upload_command::{UploadSpec, UploadedVersion, expired},
};
use crate::{
    audit::Entry,
    auth,
    caller::Caller,
    contention::Retried,
    error::{Error, Result},
    job_handler::JobHandler,
    ports::{CommitError, PortErrorKind, Refusal, TenantStore, UniqueKey},
    services::Services,
    work::Kind,
};

/// Publishes the content, or discards it on failure. If the outcome of the
/// commit is unknown, it is left to the sweeper.
pub(super) async fn publish(
    services: &Services,
    caller: &Caller,
    store: &dyn TenantStore,
    received: ReceivedUpload,
    spec: UploadSpec,
) -> Result<UploadedVersion> {
    let outcome = publish_with_retries(services, caller.clone(), store, &received, &spec).await;
    match &outcome {
        Ok(_) | Err(Error::DatabaseUnavailable(_)) => {}
        Err(_) => discard(services, store, &received.blob).await,
    }
    outcome
}

async fn publish_with_retries(
    services: &Services,
    mut caller: Caller,
    store: &dyn TenantStore,
    received: &ReceivedUpload,
    spec: &UploadSpec,
) -> Result<UploadedVersion> {
    let mut rounds = services.contention.rounds(Retried::FileUpload);
    loop {
        let mut destination = Destination::find(services, store, spec, &rounds).await?;
        match attempt(services, &caller, store, received, spec, &mut destination).await {
            Err(CommitError::Refused(Refusal::Stale(Kind::Epoch))) => {
                caller = reauthorize(services, &caller, spec).await?;
            }
            // Either the sweeper has deleted the same content, or it has
            // abandoned this upload.
            Err(CommitError::Refused(
                Refusal::Stale(Kind::Blob) | Refusal::Missing(Kind::Blob),
            )) => {
                let own = store.blobs().lookup(received.blob.id).await?;
                if own.is_none_or(|own| own.revision != received.blob.revision) {
                    return Err(expired());
                }
            }
            // Another version or file was committed first.
            Err(CommitError::Refused(
                Refusal::Stale(Kind::File)
                | Refusal::Missing(Kind::File)
                | Refusal::Duplicate(UniqueKey::FilePath | UniqueKey::VersionNumber),
            )) => {}
            Err(CommitError::Refused(Refusal::Quota)) => {
                return Err(exceeded(services, store).await);
            }
            outcome => return Ok(outcome?),
        }
        rounds.lose()?;
    }
}

async fn attempt(
    services: &Services,
    caller: &Caller,
    store: &dyn TenantStore,
    received: &ReceivedUpload,
    spec: &UploadSpec,
    destination: &mut Destination<'_>,
) -> Result<UploadedVersion, CommitError> {
    let now = services.now();
    let size = received.content.size_bytes;
    let mut work = store.begin();
    caller.guard(&mut work);

    // Equal content of one tenant is stored once. The received bytes are kept
    // until the validation has read the others.
    let digest = received.content.digest;
    let same = store
        .blobs()
        .find_by_digest(&received.blob.backend, digest, size)
        .await?;
    let mut own = received.blob.clone();
    let (shown, reserved) = match same {
        Some(same) => {
            work.references().add(same.id, now);
            (same.id, own.store_spare(received.content.clone(), now))
        }
        None => (own.id, own.store(received.content.clone())),
    };
    let reserved = reserved.map_err(|refused| {
        crate::ports::PortError::new(PortErrorKind::Internal, refused.to_string())
    })?;
    work.blobs().update(&own);
    let charged = quota::charge(size);
    work.quota().settle(reserved, charged);
    work.quota().add_version(services.settings.max_versions);

    let current = destination.file.as_ref();
    let version = FileVersion {
        id: VersionId::from_uuid(services.ids.next()),
        tenant_id: store.tenant().id(),
        file_id: current.map_or_else(|| FileId::from_uuid(services.ids.next()), |file| file.id),
        number: current.map_or(1, |file| file.version + 1),
        blob_id: Some(shown),
        size_bytes: size,
        charged_bytes: charged,
        digest,
        declared_type: spec.declared_type.clone(),
        media_type: spec.declared_type.clone(),
        processing: Processing::Pending,
        created_by: caller.user_id,
        created_at: now,
        processed_at: None,
        revision: Revision::FIRST,
    };
    work.versions().add(&version);
    let created = destination.file.is_none();
    let file = match destination.file.clone() {
        Some(mut file) => {
            file.add_version(&version);
            if let Some(tags) = &spec.tags {
                file.tags = tags.clone();
            }
            work.files().update(&file);
            file
        }
        None => {
            let tags = spec.tags.clone().unwrap_or_default();
            let file = File::begin(
                NewFile {
                    place: spec.place,
                    path: destination.path.clone(),
                    tags,
                },
                &version,
            );
            work.files().add(&file);
            file
        }
    };
    let validation = ValidateVersion {
        version_id: version.id.as_uuid(),
    };
    let job = validation.job(services, Some(version.tenant_id), Some(caller.user_id))?;
    work.jobs().add(&job);
    let entry = Entry::new(services, "file.upload", "file", file.id)
        .detail("version", version.number)
        .detail("size_bytes", size)
        .detail("digest", digest);
    work.audit(entry.by(caller));
    let uploaded = UploadedVersion {
        file_id: file.id,
        path: file.path.clone(),
        version: version.number,
        size_bytes: size,
        digest,
        created,
    };
    if let Some(mut request) = received.request.clone() {
        let fingerprint = replay::fingerprint(services, spec, &received.content);
        request.finish(fingerprint, replay::encode(&uploaded)?);
        work.idempotency().update(&request);
    }
    let commit = store.commit(work);
    match &mut destination.turn {
        Some(turn) => turn.commit(commit, &file).await?,
        None => commit.await?,
    }
    Ok(uploaded)
}

/// Reloads the caller's permissions after they changed during the upload, and
/// checks them again.
async fn reauthorize(services: &Services, caller: &Caller, spec: &UploadSpec) -> Result<Caller> {
    use crate::error::Thing;
    use tenantry_domain::policy::file_access::FileAction;

    let grant = auth::load(services, caller.session_id).await?;
    let caller = Caller::new(&grant, caller.request.clone())
        .filter(|fresh| fresh.tenant == caller.tenant)
        .ok_or_else(|| Error::AccessDenied("you no longer have access to the tenant".to_owned()))?;
    caller.require_file(FileAction::Write, spec.place, Thing::Bucket)?;
    Ok(caller)
}
