//! Uploading a file.

use tenantry_domain::{file::Place, policy::file_access::FileAction};

use super::{
    place, publish,
    receive::{discard, receive},
    replay::{OPERATION, replay},
    upload_command::{
        ContentCondition, Length, Target, Upload, UploadSpec, UploadedVersion, path_taken,
    },
};
use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
    idempotency::upload::{self as keys, KeyState},
    ports::TenantStore,
    services::Services,
};

/// Stores a file or a new version of one. Everything that can be checked
/// without the body is checked before its first byte is read. A request with a
/// known idempotency key returns the recorded response and stores nothing.
pub async fn upload(
    services: &Services,
    caller: &Caller,
    upload: Upload,
) -> Result<UploadedVersion> {
    let place = place::resolve(caller, upload.bucket, upload.bucket_id)?;
    caller.require_file(FileAction::Write, place, Thing::Bucket)?;
    let store = services.store.open(caller.tenant).await?;
    let spec = UploadSpec {
        place,
        target: upload.target,
        tags: upload.tags,
        declared_type: upload.declared_type,
    };
    let claim = match upload.key {
        None => None,
        Some(key) => match keys::find(services, caller, store.as_ref(), OPERATION, key).await? {
            KeyState::Completed(recorded) => {
                return replay(services, &spec, upload.body, recorded).await;
            }
            KeyState::Free(claim) => Some(claim),
        },
    };
    reject_early(store.as_ref(), place, &spec.target).await?;
    let received = receive(
        services,
        caller,
        store.as_ref(),
        upload.body,
        upload.length,
        claim,
    )
    .await?;
    let size = received.content.size_bytes;
    if matches!(upload.length, Length::Exact(bytes) if bytes != size) {
        discard(services, store.as_ref(), &received.blob).await;
        return Err(Error::Malformed(
            "the request body does not have the declared length".to_owned(),
        ));
    }
    publish::publish(services, caller, store.as_ref(), received, spec).await
}

/// Rejects an upload early that the final commit would reject anyway. The final
/// commit checks again.
async fn reject_early(store: &dyn TenantStore, place: Place, target: &Target) -> Result<()> {
    match target {
        Target::Named(_) | Target::At(_, ContentCondition::None) => Ok(()),
        Target::New(path) => match store.files().find_by_path(place, path).await? {
            Some(_) => Err(path_taken()),
            None => Ok(()),
        },
        Target::At(path, condition) => {
            let file = store.files().find_by_path(place, path).await?;
            condition.check(store, file.as_ref()).await
        }
    }
}
