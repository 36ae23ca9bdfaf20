//! Getting content back.

use std::{ops::Range, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tenantry_domain::{
    Timestamp,
    file::{Bucket, File},
    id::FileId,
    path::LogicalPath,
    permission::Permission,
    policy::file_access::FileAction,
    version::{FileVersion, Processing},
};
use uuid::Uuid;

use super::{get, place, receive::still_allowed, stored::read_stored};
use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
    ports::{BlobStream, PortError, PortErrorKind, TenantStore},
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
pub async fn download(services: &Services, caller: &Caller, wanted: Wanted) -> Result<Download> {
    let store = services.store.open(caller.tenant).await?;
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
    /// one ends the stream and is noted on its record; so does the end of the
    /// caller's right to read, within the time in which a revocation bites.
    pub async fn open(
        &self,
        services: &Arc<Services>,
        caller: &Caller,
        range: Range<u64>,
    ) -> Result<BlobStream> {
        let store = services.store.open(caller.tenant).await?;
        let gone = || Error::internal(format!("version {} has no content", self.version.id));
        let id = self.version.blob_id.ok_or_else(gone)?;
        let blob = store.blobs().lookup(id).await?.ok_or_else(gone)?;
        let reading = Reading {
            services: Arc::clone(services),
            caller: caller.clone(),
            looked: services.now(),
            bytes: Some(read_stored(services, store, blob, range).await?),
        };
        Ok(stream::unfold(reading, Reading::next).boxed())
    }
}

/// How often a download looks whether its person may still read.
const LOOK: Duration = Duration::from_secs(2);

/// A download under way.
struct Reading {
    services: Arc<Services>,
    caller: Caller,
    looked: Timestamp,
    bytes: Option<BlobStream>,
}

impl Reading {
    async fn next(mut self) -> Option<(Result<Bytes, PortError>, Self)> {
        let piece = self.bytes.as_mut()?.next().await?;
        let piece = match self.look().await {
            Ok(()) => piece,
            Err(_) => Err(PortError::new(
                PortErrorKind::Unsupported,
                "the right to read was taken away",
            )),
        };
        if piece.is_err() {
            self.bytes = None;
        }
        Some((piece, self))
    }

    async fn look(&mut self) -> Result<()> {
        let now = self.services.now();
        if now.since(self.looked) < LOOK {
            return Ok(());
        }
        self.looked = now;
        still_allowed(&self.services, &self.caller, Permission::FilesRead).await
    }
}
