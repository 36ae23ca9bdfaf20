//! Deleting a file.

use tenantry_domain::{file::File, id::FileId, policy::file_access::FileAction};

use super::{
    get,
    purge::{PurgeVersions, remove_versions},
};
use crate::{
    audit::Entry,
    caller::Caller,
    contention::{Lane, decide},
    error::Result,
    job_handler::JobHandler,
    precondition::Precondition,
    services::Services,
};

/// Deletes a file with all its versions permanently. Content that no other
/// version references is deleted after a grace period.
///
/// The file disappears in one commit, with its newest versions. A job removes the
/// other versions, and releases their share of the quota.
pub async fn delete(
    services: &Services,
    caller: &Caller,
    id: FileId,
    precondition: &Precondition,
) -> Result<()> {
    let store = services.store.open(caller.tenant).await?;
    decide!(services, FileDelete in Lane::of::<File>(id), async {
        let file = get::find(store.as_ref(), caller, id, FileAction::Delete).await?;
        precondition.check(file.revision)?;
        let mut work = store.begin();
        if remove_versions(services, store.as_ref(), &mut work, id).await? {
            let rest = PurgeVersions {
                file_id: id.as_uuid(),
            };
            let tenant = Some(file.tenant_id);
            let job = rest.job(services, tenant, Some(caller.user_id))?;
            work.jobs().add(&job);
        }
        work.files().remove(&file);
        let entry = Entry::new(services, "file.delete", "file", id)
            .path(file.place, "path", &file.path)
            .detail("versions", file.version)
            .detail("size_bytes", file.head.size_bytes);
        work.audit(entry.by(caller));
        Ok(store.commit(work).await?)
    })
}
