//! Getting one file.

use tenantry_domain::{file::File, id::FileId, policy::file_access::FileAction};

use super::view::FileView;
use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
    ports::TenantStore,
    services::Services,
};

/// Returns a file.
pub async fn get(services: &Services, caller: &Caller, id: FileId) -> Result<FileView> {
    let store = services.store.open(caller.tenant).await?;
    let found = store.files().lookup_with_uploader(id).await?;
    let (file, uploaded_by_email) = found.ok_or(Error::NotFound(Thing::File))?;
    caller.require_file(FileAction::Read, file.place, Thing::File)?;
    Ok(FileView {
        file,
        uploaded_by_email,
    })
}

/// Returns a file if the caller may perform `action` on it. Every use case
/// looks up files by id through this function.
pub(super) async fn find(
    store: &dyn TenantStore,
    caller: &Caller,
    id: FileId,
    action: FileAction,
) -> Result<File> {
    let file = store
        .files()
        .lookup(id)
        .await?
        .ok_or(Error::NotFound(Thing::File))?;
    caller.require_file(action, file.place, Thing::File)?;
    Ok(file)
}
