//! Deleting a file.

use std::collections::BTreeMap;

use tenantry_domain::{
    file::File,
    id::{BlobId, FileId},
    policy::file_access::FileAction,
    version::FileVersion,
};

use super::get;
use crate::{
    audit::Entry,
    caller::Caller,
    contention::{Lane, decide},
    error::Result,
    ports::TenantStore,
    precondition::Precondition,
    services::Services,
};

/// The number of versions per read.
const BATCH: u32 = 500;

/// Deletes a file with all its versions permanently. Content that no other
/// version references is deleted after a grace period.
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
        let now = services.now();
        let mut references: BTreeMap<BlobId, u32> = BTreeMap::new();
        let mut bytes = 0;
        for version in all_versions(store.as_ref(), id).await? {
            work.versions().remove(&version);
            if let Some(blob) = version.blob_id {
                *references.entry(blob).or_default() += 1;
                bytes += version.size_bytes;
            }
        }
        for (blob, count) in references {
            // A lost blob record does not prevent the deletion.
            if store.blobs().lookup(blob).await?.is_some() {
                (0..count).for_each(|_| work.references().remove(blob, now));
            }
        }
        work.quota().release(bytes);
        work.files().remove(&file);
        let entry = Entry::new(services, "file.delete", "file", id)
            .path(file.place, "path", &file.path)
            .detail("size_bytes", bytes);
        work.audit(entry.by(caller));
        Ok(store.commit(work).await?)
    })
}

async fn all_versions(store: &dyn TenantStore, file: FileId) -> Result<Vec<FileVersion>> {
    let mut versions = Vec::new();
    let mut before = None;
    loop {
        let batch = store.versions().list(file, before, BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(versions);
        };
        before = Some(last.number);
        versions.extend(batch);
    }
}
