//! The backend for a local directory.

use std::{fmt, fs, io::ErrorKind, ops::Range, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use tenantry_application::ports::{
    BlobCapabilities, BlobEntry, BlobStream, IdGenerator, PortError, PortErrorKind, SweepResult,
};
use tenantry_domain::{Timestamp, blob::Content};

use super::{
    layout::Layout,
    reader,
    staging::{self, StagingFile},
    walk,
};
use crate::{
    chunk_pool::ChunkPool,
    contract::{Backend, Prefetch, Upload},
    error::{from_io, not_found, run_blocking},
    hash::ContentHasher,
    name::ObjectName,
    store::{ObjectBlobStore, StoreContext},
};

/// The location of blobs on the local disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalOptions {
    /// The root directory. All of it must be in one file system.
    pub root: PathBuf,
    /// Whether the directory may be new, and is then created. If blobs are known
    /// to be stored in it, an empty one is the wrong one, or its disk is missing.
    pub may_be_new: bool,
}

impl ObjectBlobStore {
    /// Opens a store in a local directory. Blocks briefly, as is acceptable at
    /// start. Fails with [`Unavailable`](PortErrorKind::Unavailable) if the
    /// directory cannot be used, or is missing and may not be new.
    ///
    /// Several processes may share the directory. Its file system should support
    /// locks and hard links. Without locks, leftovers are recognized by age
    /// alone; without hard links, two concurrent writers of one key may both
    /// succeed.
    pub fn local(options: &LocalOptions, context: StoreContext) -> Result<Self, PortError> {
        let backend = LocalBackend {
            layout: Layout::open(&options.root, options.may_be_new)?,
            ids: Arc::clone(&context.ids),
            pool: context.read_memory.pool(),
        };
        Ok(Self::new(Arc::new(backend), context))
    }
}

/// A backend that stores objects as files.
#[derive(Clone)]
struct LocalBackend {
    layout: Layout,
    ids: Arc<dyn IdGenerator>,
    pool: ChunkPool,
}

impl LocalBackend {
    fn stage(&self) -> Result<StagingFile, PortError> {
        StagingFile::create(self.layout.staging_path(self.ids.next()))
    }

    fn size_blocking(&self, name: ObjectName) -> Result<Option<u64>, PortError> {
        match fs::symlink_metadata(self.layout.path(name)) {
            Ok(metadata) => Ok(metadata.is_file().then_some(metadata.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.layout.check_mounted()?;
                Ok(None)
            }
            Err(error) => Err(from_io("find", name)(error)),
        }
    }

    fn delete_blocking(&self, name: ObjectName) -> Result<(), PortError> {
        let path = self.layout.path(name);
        let removed = match name {
            // Its record is removed next, so that it must not reappear.
            ObjectName::Blob(_) => tenantry_disk::remove(&path),
            ObjectName::Probe(_) => tenantry_disk::remove_temporary(&path).map(|()| true),
        };
        match removed {
            Ok(true) => Ok(()),
            Ok(false) => self.layout.check_mounted(),
            Err(error) if error.kind() == ErrorKind::NotFound => self.layout.check_mounted(),
            Err(error) => Err(from_io("delete", name)(error)),
        }
    }

    fn open_blocking(&self, name: ObjectName) -> Result<fs::File, PortError> {
        match fs::File::open(self.layout.path(name)) {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.layout.check_mounted()?;
                Err(not_found(name).caused_by(error))
            }
            Err(error) => Err(from_io("open", name)(error)),
        }
    }
}

#[async_trait]
impl Backend for LocalBackend {
    async fn put_whole(&self, name: ObjectName, body: Bytes) -> Result<Content, PortError> {
        let backend = self.clone();
        let write = run_blocking(move || {
            let content = ContentHasher::content_of(&body);
            let mut file = backend.stage()?;
            file.write(&body)?;
            let guard = file.publish(&backend.layout, name)?;
            Ok::<_, PortError>((guard, content))
        });
        let (guard, content) = write.await??;
        guard.keep();
        Ok(content)
    }

    async fn begin_upload(&self, name: ObjectName) -> Result<Box<dyn Upload>, PortError> {
        let backend = self.clone();
        let file = run_blocking(move || backend.stage()).await??;
        Ok(Box::new(LocalUpload {
            layout: self.layout.clone(),
            name,
            file: Some(file),
        }))
    }

    async fn open(
        &self,
        name: ObjectName,
        range: Range<u64>,
        prefetch: Prefetch,
    ) -> Result<BlobStream, PortError> {
        let backend = self.clone();
        let file = run_blocking(move || backend.open_blocking(name)).await??;
        Ok(reader::stream(
            file,
            name,
            range,
            prefetch,
            self.pool.clone(),
        ))
    }

    fn reads_chunks(&self) -> bool {
        true
    }

    async fn size(&self, name: ObjectName) -> Result<Option<u64>, PortError> {
        let backend = self.clone();
        run_blocking(move || backend.size_blocking(name)).await?
    }

    async fn delete(&self, name: ObjectName) -> Result<(), PortError> {
        let backend = self.clone();
        run_blocking(move || backend.delete_blocking(name)).await?
    }

    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>> {
        walk::stream(self.layout.blobs())
    }

    async fn sweep(&self, before: Timestamp) -> Result<SweepResult, PortError> {
        let directories = self.layout.swept_directories();
        run_blocking(move || {
            let mut swept = SweepResult::default();
            for directory in &directories {
                let count = staging::sweep(directory, before);
                swept.pieces += count.map_err(from_io("sweep", directory.display()))?;
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

/// An upload of a large body.
struct LocalUpload {
    layout: Layout,
    name: ObjectName,
    /// `None` while a blocking thread writes, and after a failed write.
    file: Option<StagingFile>,
}

impl LocalUpload {
    fn take_file(&mut self) -> Result<StagingFile, PortError> {
        self.file.take().ok_or_else(|| {
            let context = format!("cannot continue writing {}: a write failed", self.name);
            PortError::new(PortErrorKind::Internal, context)
        })
    }
}

#[async_trait]
impl Upload for LocalUpload {
    async fn write(&mut self, chunk: Bytes) -> Result<(), PortError> {
        let mut file = self.take_file()?;
        let write = run_blocking(move || file.write(&chunk).map(|()| file));
        self.file = Some(write.await??);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), PortError> {
        let (file, layout, name) = (self.take_file()?, self.layout.clone(), self.name);
        let guard = run_blocking(move || file.publish(&layout, name)).await??;
        guard.keep();
        Ok(())
    }
}

impl fmt::Debug for LocalBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalBackend({})", self.layout.root().display())
    }
}
