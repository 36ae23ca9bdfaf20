//! Making received bytes a version: one commit for the version, the file, the
//! quota, the job that validates it and the audit entry.

use tenantry_domain::{
    Revision,
    blob::Blob,
    file::{File, NewFile},
    id::{FileId, JobId, VersionId},
    job::{Job, JobKind},
    path::LogicalPath,
    version::{FileVersion, Processing},
};

use super::{
    ValidateVersion,
    receive::{Received, discard, key},
    replay,
    upload_command::{Target, Uploaded, Wanted, taken},
};
use crate::{
    audit::Entry,
    auth,
    caller::Caller,
    error::{Error, Result},
    ports::{CommitError, PortErrorKind, Refusal, TenantStore, UniqueKey},
    retry,
    services::Services,
    work::Kind,
};

/// How many numbered names are tried for a file without a path, before one
/// that nothing else has.
const NAMES: u32 = 20;

/// Publishes, or ends the bytes. Only where the outcome of the commit is
/// unknown are they left for the sweeper to judge.
pub(super) async fn publish(
    services: &Services,
    caller: &Caller,
    store: &dyn TenantStore,
    received: Received,
    wanted: Wanted,
) -> Result<Uploaded> {
    let outcome = publish_once_fresh(services, caller.clone(), store, &received, &wanted).await;
    match &outcome {
        Ok(_) | Err(Error::DatabaseUnavailable(_)) => {}
        Err(_) => discard(services, store, &received.blob).await,
    }
    outcome
}

async fn publish_once_fresh(
    services: &Services,
    mut caller: Caller,
    store: &dyn TenantStore,
    received: &Received,
    wanted: &Wanted,
) -> Result<Uploaded> {
    let mut number = 1;
    for _ in 0..retry::TRIES {
        let current = find_target(services, store, wanted, &mut number).await?;
        match attempt(services, &caller, store, received, wanted, current).await {
            Err(CommitError::Refused(Refusal::Stale(Kind::Epoch))) => {
                caller = confirm(services, &caller, wanted).await?;
            }
            // Somebody else's equal bytes came first, unless the sweeper held
            // these for dead.
            Err(CommitError::Refused(
                Refusal::Stale(Kind::Blob) | Refusal::Missing(Kind::Blob),
            )) => {
                let own = store.blobs().lookup(received.blob.id).await?;
                if own.is_none_or(|own| own.revision != received.blob.revision) {
                    return Err(Error::StateConflict(
                        "the upload was ended as broken off".to_owned(),
                    ));
                }
            }
            // Somebody else's version or file came first.
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

/// The path to take, and the file that is there.
type Found = (LogicalPath, Option<File>);

/// Where the bytes go as things stand.
async fn find_target(
    services: &Services,
    store: &dyn TenantStore,
    wanted: &Wanted,
    number: &mut u32,
) -> Result<Found> {
    let files = store.files();
    match &wanted.target {
        Target::New(path) => match files.find_by_path(wanted.place, path).await? {
            Some(_) => Err(taken()),
            None => Ok((path.clone(), None)),
        },
        Target::At(path, condition) => {
            let file = files.find_by_path(wanted.place, path).await?;
            condition.check(store, file.as_ref()).await?;
            Ok((path.clone(), file))
        }
        Target::Named(name) => {
            let invalid = |e| Error::field("file", e);
            while *number <= NAMES {
                let path = match *number {
                    1 => name.clone(),
                    number => name.with_mark(number).map_err(invalid)?,
                };
                if files.find_by_path(wanted.place, &path).await?.is_none() {
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
    received: &Received,
    wanted: &Wanted,
    (path, current): Found,
) -> Result<Uploaded, CommitError> {
    let now = services.now();
    let size = received.content.size_bytes;
    let mut work = store.begin();
    caller.guard(&mut work);

    // Equal content of the same tenant is kept once.
    let digest = received.content.digest;
    let same = store
        .blobs()
        .find_by_digest(&received.blob.backend, digest, size)
        .await?;
    let same = same.and_then(|mut same| same.add_reference().ok().map(|()| same));
    let mut own = received.blob.clone();
    let (shown, reserved) = match same {
        Some(same) => {
            work.blobs().update(&same);
            (same.id, own.abandon())
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
        declared_type: wanted.declared_type.clone(),
        media_type: wanted.declared_type.clone(),
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
            if let Some(tags) = &wanted.tags {
                file.tags = tags.clone();
            }
            work.files().update(&file);
            file
        }
        None => {
            let tags = wanted.tags.clone().unwrap_or_default();
            let file = File::begin(
                NewFile {
                    place: wanted.place,
                    path,
                    tags,
                },
                &version,
            );
            work.files().add(&file);
            file
        }
    };
    work.jobs().add(&validation(services, caller, &version)?);
    let entry = Entry::new(services, "file.upload", "file", file.id)
        .detail("version", version.number)
        .detail("size_bytes", size)
        .detail("digest", digest);
    work.audit(entry.by(caller));
    let uploaded = Uploaded {
        file_id: file.id,
        path: file.path,
        version: version.number,
        size_bytes: size,
        digest,
        created,
    };
    if let Some(mut request) = received.request.clone() {
        let fingerprint = replay::fingerprint(services, wanted, &received.content);
        request.finish(fingerprint, replay::write(&uploaded)?);
        work.idempotency().update(&request);
    }
    store.commit(work).await?;
    if shown != own.id {
        drop_own_bytes(services, store, &mut own).await;
    }
    Ok(uploaded)
}

fn validation(
    services: &Services,
    caller: &Caller,
    version: &FileVersion,
) -> Result<Job, CommitError> {
    let payload = ValidateVersion {
        version_id: version.id.as_uuid(),
    }
    .to_json()?;
    let id = JobId::from_uuid(services.ids.next());
    let kind = JobKind::ValidateVersion;
    Ok(Job::new(
        id,
        kind,
        Some(version.tenant_id),
        payload,
        Some(caller.user_id),
        services.now(),
    ))
}

/// The bytes that turned out to be there already go; else the sweeper ends them.
async fn drop_own_bytes(services: &Services, store: &dyn TenantStore, own: &mut Blob) {
    own.revision = own.revision.next();
    let ended = async {
        services
            .blobs
            .get(&own.backend)?
            .delete(key(own))
            .await
            .map_err(Error::storage)?;
        let mut work = store.begin();
        work.blobs().remove(own);
        Ok::<(), Error>(store.commit(work).await?)
    };
    if let Err(error) = ended.await {
        tracing::debug!(blob.id = %own.id, %error, "equal bytes are left to the sweeper");
    }
}

/// What the caller may do has changed while the bytes were sent: go on only if
/// this is still among it.
async fn confirm(services: &Services, caller: &Caller, wanted: &Wanted) -> Result<Caller> {
    use crate::error::Thing;
    use tenantry_domain::policy::file_access::FileAction;

    let grant = auth::load(services, caller.session_id).await?;
    let caller = Caller::new(&grant, caller.request.clone())
        .filter(|fresh| fresh.tenant == caller.tenant)
        .ok_or_else(|| Error::AccessDenied("the tenant is no longer open to you".to_owned()))?;
    caller.require_file(FileAction::Write, wanted.place, Thing::Bucket)?;
    Ok(caller)
}
