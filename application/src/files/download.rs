//! Getting content back.

use std::ops::Range;

use futures_util::StreamExt;
use tenantry_domain::{
    file::{Bucket, File},
    id::FileId,
    path::LogicalPath,
    policy::file_access::FileAction,
    version::{FileVersion, Processing},
};
use uuid::Uuid;

use super::{get, place, receive::key};
use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
    ports::{BlobStream, PortErrorKind, TenantStore},
    services::Services,
};

/// Which content.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Of a file by its id, in a version or as it is served.
    Id(FileId, Option<u32>),
    /// Of the file at a path, as it is served.
    Path {
        /// The kind of space.
        bucket: Bucket,
        /// Whose; the caller's own or the tenant's where absent.
        bucket_id: Option<Uuid>,
        /// Where in that space.
        path: LogicalPath,
    },
}

/// Content that may be read.
#[derive(Debug, Clone)]
pub struct Download {
    /// The file.
    pub file: File,
    /// The version whose content it is; it is ready.
    pub version: FileVersion,
}

/// Finds content and checks that the caller may read it. Refused unless the
/// version is ready.
pub async fn download(on: &Services, caller: &Caller, wanted: Wanted) -> Result<Download> {
    let store = on.store.open(caller.tenant).await?;
    let (file, number) = match wanted {
        Wanted::Id(id, number) => (
            get::find(store.as_ref(), caller, id, FileAction::Read).await?,
            number,
        ),
        Wanted::Path {
            bucket,
            bucket_id,
            path,
        } => {
            let place = place::resolve(caller, bucket, bucket_id)?;
            caller.require_file(FileAction::Read, place, Thing::Bucket)?;
            let file = store.files().find_by_path(place, &path).await?;
            (file.ok_or(Error::NotFound(Thing::File))?, None)
        }
    };
    let version = version(store.as_ref(), &file, number).await?;
    Ok(Download { file, version })
}

async fn version(store: &dyn TenantStore, file: &File, number: Option<u32>) -> Result<FileVersion> {
    let wanted = number.or(file.content_version).unwrap_or(file.version);
    let version = store.versions().find_by_number(file.id, wanted).await?;
    let version = version.ok_or(Error::NotFound(Thing::Version))?;
    if version.processing == Processing::Ready {
        Ok(version)
    } else {
        let status = version.processing.as_str();
        Err(Error::StateConflict(format!(
            "the content is {status}, not ready"
        )))
    }
}

impl Download {
    /// The bytes of `range`, each piece checked before it leaves. A damaged
    /// one ends the stream, and is noted for the operator.
    pub async fn open(
        &self,
        on: &Services,
        caller: &Caller,
        range: Range<u64>,
    ) -> Result<BlobStream> {
        let store = on.store.open(caller.tenant).await?;
        let gone = || Error::internal(format!("version {} has no content", self.version.id));
        let id = self.version.blob_id.ok_or_else(gone)?;
        let blob = store.blobs().lookup(id).await?.ok_or_else(gone)?;
        let content = blob.content().ok_or_else(gone)?;
        let backend = on.blobs.get(&blob.backend)?;
        let opened = backend.read(key(&blob), content, range).await;
        let stream = opened
            .inspect_err(|error| note(&blob, error))
            .map_err(Error::storage)?;
        Ok(stream
            .inspect(move |piece| {
                if let Err(error) = piece {
                    note(&blob, error);
                }
            })
            .boxed())
    }
}

fn note(blob: &tenantry_domain::blob::Blob, error: &crate::ports::PortError) {
    if matches!(error.kind, PortErrorKind::Corrupt | PortErrorKind::NotFound) {
        tracing::error!(
            tenant.id = %blob.tenant_id,
            blob.id = %blob.id,
            %error,
            "stored bytes are damaged or gone: run fsck"
        );
    }
}
