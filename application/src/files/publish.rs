//! Publishing received content as a version: one commit of the version, the
//! file, the quota, the validation job and the audit entry.

use tenantry_domain::{
    Revision,
    file::{File, NewFile},
    id::{FileId, VersionId},
    path::LogicalPath,
    version::{FileVersion, Processing},
};

use super::{
    ValidateVersion,
    receive::{ReceivedUpload, discard},
    replay,
    upload_command::{Target, UploadSpec, UploadedVersion, path_taken},
};
use crate::{
    audit::Entry,
    auth,
    caller::Caller,
    error::{Error, Result},
    job_handler::JobHandler,
    ports::{CommitError, PortErrorKind, Refusal, TenantStore, UniqueKey},
    retry,
    services::Services,
    work::Kind,
};

/// The number of numbered names to try for a file without a path, before a
/// unique one is generated.
const NUMBERED_NAMES: u32 = 20;

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
    let mut number = 1;
    for _ in 0..retry::MAX_ATTEMPTS {
        let current = find_destination(services, store, spec, &mut number).await?;
        match attempt(services, &caller, store, received, spec, current).await {
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
                    return Err(Error::StateConflict(
                        "the upload has expired; upload the file again".to_owned(),
                    ));
                }
            }
            // Another version or file was committed first.
            Err(CommitError::Refused(
                Refusal::Stale(Kind::File)
                | Refusal::Missing(Kind::File)
                | Refusal::Duplicate(UniqueKey::FilePath | UniqueKey::VersionNumber),
            )) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(Error::VersionConflict)
}

/// The path, and the file that exists there.
type Destination = (LogicalPath, Option<File>);

/// Returns the current destination of the content.
async fn find_destination(
    services: &Services,
    store: &dyn TenantStore,
    spec: &UploadSpec,
    number: &mut u32,
) -> Result<Destination> {
    let files = store.files();
    match &spec.target {
        Target::New(path) => match files.find_by_path(spec.place, path).await? {
            Some(_) => Err(path_taken()),
            None => Ok((path.clone(), None)),
        },
        Target::At(path, condition) => {
            let file = files.find_by_path(spec.place, path).await?;
            condition.check(store, file.as_ref()).await?;
            Ok((path.clone(), file))
        }
        Target::Named(name) => {
            let invalid = |e| Error::field("file", e);
            while *number <= NUMBERED_NAMES {
                let path = match *number {
                    1 => name.clone(),
                    number => name.with_mark(number).map_err(invalid)?,
                };
                if files.find_by_path(spec.place, &path).await?.is_none() {
                    return Ok((path, None));
                }
                *number += 1;
            }
            Ok((name.with_mark(services.ids.next()).map_err(invalid)?, None))
        }
    }
}

async fn attempt(
    services: &Services,
    caller: &Caller,
    store: &dyn TenantStore,
    received: &ReceivedUpload,
    spec: &UploadSpec,
    (path, current): Destination,
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
    work.quota().settle(reserved, size);

    let version = FileVersion {
        id: VersionId::from_uuid(services.ids.next()),
        tenant_id: store.tenant().id(),
        file_id: current
            .as_ref()
            .map_or_else(|| FileId::from_uuid(services.ids.next()), |file| file.id),
        number: current.as_ref().map_or(1, |file| file.version + 1),
        blob_id: Some(shown),
        size_bytes: size,
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
    let created = current.is_none();
    let file = match current {
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
                    path,
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
        path: file.path,
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
    store.commit(work).await?;
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
