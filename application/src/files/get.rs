//! Getting one file.

use tenantry_domain::{file::File, id::FileId, policy::file_access::FileAction};

use super::view::FileView;
use crate::{
    caller::Caller,
    error::{Result, Thing},
    ports::TenantStore,
    services::Services,
    visible::{Resource, visible},
};

impl Resource for File {
    type Action = FileAction;

    const THING: Thing = Thing::File;

    fn authorize(&self, caller: &Caller, action: FileAction) -> Result<()> {
        caller.require_file(action, self.place, Self::THING)
    }
}

impl Resource for FileView {
    type Action = FileAction;

    const THING: Thing = File::THING;

    fn authorize(&self, caller: &Caller, action: FileAction) -> Result<()> {
        self.file.authorize(caller, action)
    }
}

/// Returns a file.
pub async fn get(services: &Services, caller: &Caller, id: FileId) -> Result<FileView> {
    let store = services.store.open(caller.tenant).await?;
    let found = store.files().lookup_with_uploader(id).await?;
    let view = found.map(|(file, uploaded_by_email)| FileView {
        file,
        uploaded_by_email,
    });
    visible(caller, view, FileAction::Read)
}

/// Returns a file if the caller may perform `action` on it.
pub(super) async fn find(
    store: &dyn TenantStore,
    caller: &Caller,
    id: FileId,
    action: FileAction,
) -> Result<File> {
    visible(caller, store.files().lookup(id).await?, action)
}
