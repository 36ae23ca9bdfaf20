//! Files on their way to their place.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Write},
    mem,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tenantry_application::ports::PortError;
use tenantry_domain::Timestamp;
use tokio::{runtime::Handle, task::JoinHandle};

use super::{LocalFolder, sync_folder};
use crate::{
    error::{already_there, from_io},
    name::ObjectName,
};

/// After so many bytes the disk is told to begin, on a thread of its own: it
/// would otherwise do all its work while the client waits at the end.
const FLUSH_BYTES: usize = 32 * 1024 * 1024;

/// A file that nobody sees yet. It is locked while it is held, so that a
/// sweep, of this process or another, tells it from one that a kill left.
pub(super) struct StagedFile {
    file: File,
    path: Temporary,
    unflushed_bytes: usize,
    flush: Option<JoinHandle<io::Result<()>>>,
}

/// A file in its place, removed again unless it is kept: whoever asked for it
/// may have gone away while it was placed.
pub(super) struct Placed(Temporary);

/// A path whose file goes when this is dropped.
struct Temporary(PathBuf);

impl StagedFile {
    pub(super) fn create(path: PathBuf) -> Result<Self, PortError> {
        let file = File::create_new(&path).map_err(from_io("create", path.display()))?;
        // A file system without locks: the age must do.
        let _unlocked = file.try_lock();
        let path = Temporary(path);
        Ok(Self {
            file,
            path,
            unflushed_bytes: 0,
            flush: None,
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        let written = self.file.write_all(bytes);
        self.unflushed_bytes += bytes.len();
        written
            .and_then(|()| self.flush_ahead())
            .map_err(from_io("write", self.path.0.display()))
    }

    fn flush_ahead(&mut self) -> io::Result<()> {
        let is_flushing = self
            .flush
            .as_ref()
            .is_some_and(|flush| !flush.is_finished());
        if self.unflushed_bytes < FLUSH_BYTES || is_flushing {
            return Ok(());
        }
        self.await_flush()?;
        let file = self.file.try_clone()?;
        self.flush = Some(Handle::current().spawn_blocking(move || file.sync_data()));
        self.unflushed_bytes = 0;
        Ok(())
    }

    /// A failed flush is told once, to whoever asked for it: the one at the
    /// end would not know.
    fn await_flush(&mut self) -> io::Result<()> {
        match self.flush.take() {
            Some(flush) => Handle::current().block_on(flush)?,
            None => Ok(()),
        }
    }

    /// Makes the bytes durable, then gives them their name, then makes that
    /// durable.
    pub(super) fn place(
        mut self,
        folder: &LocalFolder,
        name: ObjectName,
    ) -> Result<Placed, PortError> {
        let failed = |error| from_io("store", name)(error);
        self.await_flush().map_err(failed)?;
        self.file.sync_all().map_err(failed)?;
        let target = folder.path(name);
        let mut linked = self.link(&target);
        if matches!(&linked, Err(error) if error.kind() == ErrorKind::NotFound) {
            // The first of its tenant, most likely.
            folder.make_parent(&target).map_err(failed)?;
            linked = self.link(&target);
        }
        linked.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => already_there(name),
            _ => failed(error),
        })?;
        let placed = Placed(Temporary(target));
        if let Some(parent) = placed.0.0.parent() {
            sync_folder(parent).map_err(failed)?;
        }
        Ok(placed)
    }

    /// A hard link, unlike a rename, replaces nothing.
    fn link(&self, target: &Path) -> io::Result<()> {
        match fs::hard_link(&self.path.0, target) {
            // What Linux and others answer for a file system without links.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::Unsupported
                ) =>
            {
                if target.try_exists()? {
                    return Err(ErrorKind::AlreadyExists.into());
                }
                fs::rename(&self.path.0, target)
            }
            result => result,
        }
    }
}

impl Placed {
    pub(super) fn keep(mut self) {
        self.0.0 = PathBuf::new();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let path = mem::take(&mut self.0);
        if path.as_os_str().is_empty() {
            return;
        }
        // To let go of a large file takes a disk its time.
        let remove = move || {
            if let Err(error) = fs::remove_file(&path)
                && error.kind() != ErrorKind::NotFound
            {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, path = %path.display(), "cannot remove a temporary file");
            }
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            Err(_) => remove(),
        }
    }
}

/// Removes the files of a folder that were last written before `before` and
/// that nobody holds.
pub(super) fn sweep(folder: &Path, before: Timestamp) -> io::Result<u64> {
    let mut swept = 0;
    for entry in fs::read_dir(folder)? {
        match sweep_one(&entry?.path(), before) {
            Ok(true) => swept += 1,
            Ok(false) => {}
            // Finished or swept by another at this moment.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(swept)
}

fn sweep_one(path: &Path, before: Timestamp) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || written(metadata.modified()?) > before {
        return Ok(false);
    }
    if let Err(TryLockError::WouldBlock) = File::open(path)?.try_lock() {
        return Ok(false);
    }
    fs::remove_file(path)?;
    Ok(true)
}

pub(super) fn written(at: SystemTime) -> Timestamp {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(Timestamp::EPOCH, |since| Timestamp::EPOCH.plus(since))
}
