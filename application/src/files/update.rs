//! Moving and tagging a file.

use tenantry_domain::{
    file::File, id::FileId, path::LogicalPath, policy::file_access::FileAction, tags::Tags,
};

use super::{
    upload_command::path_taken,
    view::{self, FileView},
};
use crate::{
    audit::Entry,
    caller::Caller,
    contention::{Lane, decide},
    error::Result,
    ports::{CommitError, Refusal, UniqueKey},
    precondition::Precondition,
    services::Services,
    visible::visible,
};

/// A change of a file.
#[derive(Debug, Clone)]
pub struct UpdateFile {
    /// The file.
    pub id: FileId,
    /// The new path within the space.
    pub path: Option<LogicalPath>,
    /// The new tags.
    pub tags: Option<Tags>,
    /// The revisions on which the change may be based.
    pub precondition: Precondition,
}

/// Moves a file within its space and replaces its tags.
pub async fn update(services: &Services, caller: &Caller, command: UpdateFile) -> Result<FileView> {
    let store = services.store.open(caller.tenant).await?;
    let id = command.id;
    let file = decide!(services, FileUpdate in Lane::of::<File>(id), |turn| async {
        let found = match turn.row() {
            Some(file) => Some(file),
            None => store.files().lookup(id).await?,
        };
        let mut file = visible(caller, found, FileAction::Write)?;
        command.precondition.check(file.revision)?;
        let before = file.clone();
        if let Some(path) = &command.path {
            file.path = path.clone();
        }
        if let Some(tags) = &command.tags {
            file.tags = tags.clone();
        }
        if file == before {
            return Ok(file);
        }
        file.updated_at = services.now();
        let mut work = store.begin();
        work.files().update(&file);
        let mut entry = Entry::new(services, "file.update", "file", file.id);
        if file.path != before.path {
            entry = entry
                .path(file.place, "from", &before.path)
                .path(file.place, "to", &file.path);
        }
        work.audit(entry.by(caller));
        match turn.commit(store.commit(work), &file).await {
            Ok(()) => {
                file.revision = file.revision.next();
                Ok(file)
            }
            Err(CommitError::Refused(Refusal::Duplicate(UniqueKey::FilePath))) => Err(path_taken()),
            Err(error) => Err(error.into()),
        }
    })?;
    view::file(services, file).await
}
