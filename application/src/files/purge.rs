//! Removing the versions of a deleted file, a few per commit, so that large files
//! do not hold up the other commits of their tenant.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tenantry_domain::{
    file::File,
    id::{BlobId, FileId},
    job::{Job, JobKind},
};
use uuid::Uuid;

use crate::{
    contention::{Lane, decide},
    error::Result,
    job_handler::{JobHandler, JobOutcome, open_tenant},
    ports::TenantStore,
    services::Services,
    work::TenantWork,
};

/// The maximum number of versions removed per commit. With their blob records, a
/// commit has some 200 rows.
const BATCH: u32 = 100;

/// The arguments of a job that removes the versions of a deleted file. Each
/// attempt is one commit, which queues the next one.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PurgeVersions {
    /// The deleted file.
    pub(crate) file_id: Uuid,
}

#[async_trait]
impl JobHandler for PurgeVersions {
    const KIND: JobKind = JobKind::PurgeVersions;

    async fn run(services: &Services, job: &Job) -> Result<JobOutcome> {
        let Some(arguments) = Self::arguments(job) else {
            let reason = "the payload is malformed".to_owned();
            return Ok(JobOutcome::Unrecoverable(reason));
        };
        let store = match open_tenant(services, job).await? {
            Ok((_, store)) => store,
            Err(outcome) => return Ok(outcome),
        };
        let file = FileId::from_uuid(arguments.file_id);
        decide!(services, FileDelete in Lane::of::<File>(file), async {
            let mut work = store.begin();
            let is_rest_left = remove_versions(services, store.as_ref(), &mut work, file).await?;
            let mut ended = job.clone();
            if is_rest_left {
                ended.proceed(services.now())?;
            } else {
                ended.succeed(services.now())?;
            }
            work.jobs().update(&ended);
            store.commit(work).await?;
            Ok(JobOutcome::Committed)
        })
    }
}

/// Adds the removal of some versions of a file to `work`: with their references
/// and their share of the quota. Returns whether versions may be left.
pub(super) async fn remove_versions(
    services: &Services,
    store: &dyn TenantStore,
    work: &mut TenantWork,
    file: FileId,
) -> Result<bool> {
    let now = services.now();
    let versions = store.versions().list(file, None, BATCH).await?;
    let mut references: BTreeMap<BlobId, u32> = BTreeMap::new();
    for version in &versions {
        work.versions().remove(version);
        work.quota().remove_version(version.used_bytes());
        if let Some(blob) = version.blob_id {
            *references.entry(blob).or_default() += 1;
        }
    }
    for (blob, count) in references {
        // A lost blob record does not prevent the deletion.
        if store.blobs().lookup(blob).await?.is_some() {
            (0..count).for_each(|_| work.references().remove(blob, now));
        }
    }
    Ok(versions.len() >= BATCH as usize)
}
