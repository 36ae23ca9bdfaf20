//! Objects as files of a folder:
//!
//! ```text
//! t/<tenant>/<blob>   blobs
//! staging/<uuid>      writes under way, locked by whoever writes
//! probe/<uuid>        probes
//! ```
//!
//! The folder `t` is made once, when the store is first opened. When it is
//! missing later the disk is gone or was never mounted, and nothing may be
//! concluded from the absence of a file.

mod reader;
mod staging;
mod walk;

use std::{
    fmt, fs,
    io::{self, ErrorKind},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use tenantry_application::ports::{
    BlobCapabilities, BlobEntry, BlobStream, IdGenerator, PortError, PortErrorKind, SweepResult,
};
use tenantry_domain::{Timestamp, blob::Content};

use self::staging::StagedFile;
use super::{Backend, Upload};
use crate::{
    error::{blocking, from_io, not_found},
    hash::ContentHasher,
    name::{BLOBS, ObjectName, PROBES},
};

const STAGING: &str = "staging";

/// Where the local disk keeps blobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalOptions {
    /// The folder. One file system holds all of it.
    pub root: PathBuf,
    /// Whether it may be new, and is made then. Where blobs are known to lie
    /// in it, a folder without any is the wrong one, or its disk is missing.
    pub may_be_new: bool,
}

/// A folder of this machine.
#[derive(Clone)]
pub(crate) struct LocalFolder {
    root: Arc<Path>,
    ids: Arc<dyn IdGenerator>,
}

impl LocalFolder {
    pub(crate) fn open(
        options: &LocalOptions,
        ids: Arc<dyn IdGenerator>,
    ) -> Result<Self, PortError> {
        let shown = options.root.display();
        let blobs = options.root.join(BLOBS);
        if !options.may_be_new && !blobs.is_dir() {
            let context = format!(
                "there is no folder {}, although files are known to lie in it: is its disk mounted?",
                blobs.display()
            );
            return Err(PortError::new(PortErrorKind::Unavailable, context));
        }
        for part in [BLOBS, STAGING, PROBES] {
            fs::create_dir_all(options.root.join(part)).map_err(from_io("make", &shown))?;
        }
        let root = fs::canonicalize(&options.root).map_err(from_io("open", &shown))?;
        sync_folder(&root).map_err(from_io("open", &shown))?;
        Ok(Self {
            root: root.into(),
            ids,
        })
    }

    fn path(&self, name: ObjectName) -> PathBuf {
        match name {
            ObjectName::Blob(key) => {
                let mut path = self.root.join(BLOBS);
                path.push(key.tenant_id.to_string());
                path.push(key.blob_id.to_string());
                path
            }
            ObjectName::Probe(id) => self.root.join(PROBES).join(id.to_string()),
        }
    }

    /// Makes a file's folder durable, and makes it if it is the first of a
    /// tenant. Never makes `t`.
    fn make_parent(&self, path: &Path) -> io::Result<()> {
        let Some(parent) = path.parent() else {
            return Ok(());
        };
        match fs::create_dir(parent) {
            Ok(()) => sync_folder(&self.root.join(BLOBS)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn stage(&self) -> Result<StagedFile, PortError> {
        let path = self.root.join(STAGING).join(self.ids.next().to_string());
        StagedFile::create(path)
    }

    /// Answers for a file that was not found, unless its disk is gone as well.
    fn absent<T>(&self, answer: T) -> Result<T, PortError> {
        fs::metadata(self.root.join(BLOBS))
            .map(|_| answer)
            .map_err(from_io("find the folder of blobs", self.root.display()))
    }

    fn size_now(&self, name: ObjectName) -> Result<Option<u64>, PortError> {
        match fs::symlink_metadata(self.path(name)) {
            Ok(metadata) => Ok(metadata.is_file().then_some(metadata.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => self.absent(None),
            Err(error) => Err(from_io("find", name)(error)),
        }
    }

    fn delete_now(&self, name: ObjectName) -> Result<(), PortError> {
        match fs::remove_file(self.path(name)) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => self.absent(()),
            Err(error) => Err(from_io("delete", name)(error)),
        }
    }

    fn open_now(&self, name: ObjectName) -> Result<fs::File, PortError> {
        match fs::File::open(self.path(name)) {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.absent(())?;
                Err(not_found(name).caused_by(error))
            }
            Err(error) => Err(from_io("open", name)(error)),
        }
    }
}

#[async_trait]
impl Backend for LocalFolder {
    async fn put_whole(&self, name: ObjectName, body: Bytes) -> Result<Content, PortError> {
        let folder = self.clone();
        let placed = blocking(move || {
            let content = ContentHasher::content_of(&body);
            let mut staged = folder.stage()?;
            staged.write(&body)?;
            let placed = staged.place(&folder, name)?;
            Ok::<_, PortError>((placed, content))
        });
        let (placed, content) = placed.await??;
        placed.keep();
        Ok(content)
    }

    async fn begin(&self, name: ObjectName) -> Result<Box<dyn Upload>, PortError> {
        let folder = self.clone();
        let staged = blocking(move || folder.stage()).await??;
        Ok(Box::new(LocalUpload {
            folder: self.clone(),
            name,
            staged: Some(staged),
        }))
    }

    async fn open(&self, name: ObjectName, range: Range<u64>) -> Result<BlobStream, PortError> {
        let folder = self.clone();
        let file = blocking(move || folder.open_now(name)).await??;
        Ok(reader::stream(file, name, range))
    }

    async fn size(&self, name: ObjectName) -> Result<Option<u64>, PortError> {
        let folder = self.clone();
        blocking(move || folder.size_now(name)).await?
    }

    async fn delete(&self, name: ObjectName) -> Result<(), PortError> {
        let folder = self.clone();
        blocking(move || folder.delete_now(name)).await?
    }

    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>> {
        walk::stream(self.root.join(BLOBS))
    }

    async fn sweep(&self, before: Timestamp) -> Result<SweepResult, PortError> {
        let folders = [STAGING, PROBES].map(|part| self.root.join(part));
        blocking(move || {
            let mut swept = SweepResult::default();
            for folder in &folders {
                swept.pieces +=
                    staging::sweep(folder, before).map_err(from_io("sweep", folder.display()))?;
            }
            Ok(swept)
        })
        .await?
    }

    fn capabilities(&self) -> BlobCapabilities {
        BlobCapabilities {
            kind: "local",
            multipart: false,
            conditional_write: true,
            ends_unfinished: true,
            presign: None,
        }
    }
}

/// A large body on its way to its file.
struct LocalUpload {
    folder: LocalFolder,
    name: ObjectName,
    /// Away with a blocking thread during a write; lost if that fails.
    staged: Option<StagedFile>,
}

impl LocalUpload {
    fn take(&mut self) -> Result<StagedFile, PortError> {
        self.staged.take().ok_or_else(|| {
            let context = format!("the write of {} has failed before", self.name);
            PortError::new(PortErrorKind::Internal, context)
        })
    }
}

#[async_trait]
impl Upload for LocalUpload {
    async fn write(&mut self, chunk: Bytes) -> Result<(), PortError> {
        let mut staged = self.take()?;
        let written = blocking(move || staged.write(&chunk).map(|()| staged));
        self.staged = Some(written.await??);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), PortError> {
        let (staged, folder, name) = (self.take()?, self.folder.clone(), self.name);
        let placed = blocking(move || staged.place(&folder, name)).await??;
        placed.keep();
        Ok(())
    }
}

/// Makes the names in a folder durable. Other systems than Unix cannot and
/// need not be asked to.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        fs::File::open(path)?.sync_all()?;
    }
    Ok(())
}

impl fmt::Debug for LocalFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalFolder({})", self.root.display())
    }
}
