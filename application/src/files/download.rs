//! Downloading content.

use std::{ops::Range, sync::Arc};

use tenantry_domain::{
    file::{Bucket, File},
    id::FileId,
    path::LogicalPath,
    policy::file_access::FileAction,
    version::{FileVersion, Processing},
};
use uuid::Uuid;

use super::{get, place, stored::read_stored};
use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
    ports::{BlobStream, TenantStore},
    services::Services,
    visible::visible,
};

/// The content to download.
#[derive(Debug, Clone)]
pub enum DownloadTarget {
    /// A file by its id, in a given version or the served one.
    Id(FileId, Option<u32>),
    /// The served content of the file at a path.
    Path {
        /// The kind of space.
        bucket: Bucket,
        /// The owner of the space; by default the caller or their tenant.
        bucket_id: Option<Uuid>,
        /// The path within the space.
        path: LogicalPath,
    },
}

/// Content that the caller may read.
#[derive(Debug, Clone)]
pub struct Download {
    /// The file.
    pub file: File,
    /// The version, which is ready.
    pub version: FileVersion,
}

/// Finds content and checks that the caller may read it. Fails unless the
/// version is ready.
pub async fn download(
    services: &Services,
    caller: &Caller,
    target: DownloadTarget,
) -> Result<Download> {
    let store = services.store.open(caller.tenant).await?;
    let (file, number) = match target {
        DownloadTarget::Id(id, number) => (
            get::find(store.as_ref(), caller, id, FileAction::Read).await?,
            number,
        ),
        DownloadTarget::Path {
            bucket,
            bucket_id,
            path,
        } => {
            let place = place::resolve(caller, bucket, bucket_id)?;
            caller.require_file(FileAction::Read, place, Thing::Bucket)?;
            let file = store.files().find_by_path(place, &path).await?;
            (visible(caller, file, FileAction::Read)?, None)
        }
    };
    let version = version(store.as_ref(), &file, number).await?;
    Ok(Download { file, version })
}

async fn version(store: &dyn TenantStore, file: &File, number: Option<u32>) -> Result<FileVersion> {
    let number = number.or(file.content_version).unwrap_or(file.version);
    let version = store.versions().find_by_number(file.id, number).await?;
    let version = version.ok_or(Error::NotFound(Thing::Version))?;
    if version.processing == Processing::Ready {
        Ok(version)
    } else {
        let status = version.processing.as_str();
        Err(Error::StateConflict(format!(
            "the content is not ready: its processing state is {status}"
        )))
    }
}

impl Download {
    /// Streams the bytes of `ranges` in the given order, each piece verified and
    /// within one range. The stream ends with an error on damage, which is also
    /// recorded. The sender checks the caller's permission from time to time.
    pub async fn open(
        &self,
        services: &Arc<Services>,
        caller: &Caller,
        ranges: Vec<Range<u64>>,
    ) -> Result<BlobStream> {
        let store = services.store.open(caller.tenant).await?;
        let missing = || Error::internal(format!("version {} has no content", self.version.id));
        let id = self.version.blob_id.ok_or_else(missing)?;
        let blob = store.blobs().lookup(id).await?.ok_or_else(missing)?;
        read_stored(services, store, blob, ranges).await
    }
}
