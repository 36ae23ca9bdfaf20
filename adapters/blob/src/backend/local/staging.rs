//! Files that are not yet visible.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Write},
    mem,
    path::{Path, PathBuf},
};

use tenantry_application::ports::PortError;
use tenantry_domain::Timestamp;
use tokio::{runtime::Handle, task::JoinHandle};

use super::layout::{Layout, create_parent, timestamp};
use crate::{
    error::{already_exists, from_io},
    name::ObjectName,
};

/// The number of bytes after which a flush starts on a separate thread, so that
/// the client does not wait for all of it at the end.
const FLUSH_BYTES: usize = 32 * 1024 * 1024;

/// A file in the staging directory. It is locked while in use, so that a sweep
/// of any process can distinguish it from the remains of a crash.
pub(super) struct StagingFile {
    file: File,
    path: TemporaryPath,
    unflushed_bytes: usize,
    flush: Option<JoinHandle<io::Result<()>>>,
}

/// A visible file that is deleted on drop unless kept, because its caller may be
/// gone.
pub(super) struct FileGuard(PathBuf);

/// A path in the staging directory, whose file is deleted on drop.
struct TemporaryPath(PathBuf);

impl StagingFile {
    pub(super) fn create(path: PathBuf) -> Result<Self, PortError> {
        let file =
            tenantry_disk::create_temporary(&path).map_err(from_io("create", path.display()))?;
        // Fails if the file system does not support locks; the sweep then relies
        // on age alone.
        let _result = file.try_lock();
        let path = TemporaryPath(path);
        Ok(Self {
            file,
            path,
            unflushed_bytes: 0,
            flush: None,
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        let result = self.file.write_all(bytes);
        self.unflushed_bytes += bytes.len();
        result
            .and_then(|()| self.start_flush())
            .map_err(from_io("write", self.path.0.display()))
    }

    /// Starts a flush if enough bytes are unflushed and none is running.
    fn start_flush(&mut self) -> io::Result<()> {
        let is_flushing = self
            .flush
            .as_ref()
            .is_some_and(|flush| !flush.is_finished());
        if self.unflushed_bytes < FLUSH_BYTES || is_flushing {
            return Ok(());
        }
        self.wait_for_flush()?;
        let file = self.file.try_clone()?;
        self.flush = Some(Handle::current().spawn_blocking(move || file.sync_data()));
        self.unflushed_bytes = 0;
        Ok(())
    }

    /// Waits for a running flush. Its error must be handled here, because the
    /// operating system reports it only once and a later flush would succeed.
    fn wait_for_flush(&mut self) -> io::Result<()> {
        match self.flush.take() {
            Some(flush) => Handle::current().block_on(flush)?,
            None => Ok(()),
        }
    }

    /// Makes the bytes durable, then the file visible, then its name durable.
    pub(super) fn publish(
        mut self,
        layout: &Layout,
        name: ObjectName,
    ) -> Result<FileGuard, PortError> {
        let failed = |error| from_io("store", name)(error);
        self.wait_for_flush().map_err(failed)?;
        self.file.sync_all().map_err(failed)?;
        let target = layout.path(name);
        let mut linked = self.link(&target);
        if matches!(&linked, Err(error) if error.kind() == ErrorKind::NotFound) {
            // Most likely the first file of its tenant.
            create_parent(&target).map_err(failed)?;
            linked = self.link(&target);
        }
        linked.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => already_exists(name),
            _ => failed(error),
        })?;
        Ok(FileGuard(target))
    }

    /// Links the file to `target`. Unlike a rename, a hard link does not replace
    /// an existing file.
    fn link(&self, target: &Path) -> io::Result<()> {
        match tenantry_disk::link(&self.path.0, target) {
            // The file system does not support hard links.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::Unsupported
                ) =>
            {
                if target.try_exists()? {
                    return Err(ErrorKind::AlreadyExists.into());
                }
                tenantry_disk::rename(&self.path.0, target)
            }
            result => result,
        }
    }
}

impl FileGuard {
    pub(super) fn keep(mut self) {
        self.0 = PathBuf::new();
    }
}

impl Drop for TemporaryPath {
    fn drop(&mut self) {
        remove_in_background(mem::take(&mut self.0), tenantry_disk::remove_temporary);
    }
}

impl Drop for FileGuard {
    fn drop(&mut self) {
        let path = mem::take(&mut self.0);
        if !path.as_os_str().is_empty() {
            remove_in_background(path, |path| tenantry_disk::remove(path).map(drop));
        }
    }
}

/// Removes a file on a blocking thread: a large one can take long.
fn remove_in_background(path: PathBuf, remove: fn(&Path) -> io::Result<()>) {
    let remove = move || {
        if let Err(error) = remove(&path)
            && error.kind() != ErrorKind::NotFound
        {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, path = %path.display(), "cannot delete a temporary file");
        }
    };
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(remove)),
        Err(_) => remove(),
    }
}

/// Deletes the unlocked files of a directory that were last written before
/// `before`, and returns their number.
pub(super) fn sweep(directory: &Path, before: Timestamp) -> io::Result<u64> {
    let mut count = 0;
    for entry in fs::read_dir(directory)? {
        match sweep_file(&entry?.path(), before) {
            Ok(true) => count += 1,
            Ok(false) => {}
            // Published or swept concurrently.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

fn sweep_file(path: &Path, before: Timestamp) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || timestamp(metadata.modified()?) > before {
        return Ok(false);
    }
    if let Err(TryLockError::WouldBlock) = File::open(path)?.try_lock() {
        return Ok(false);
    }
    tenantry_disk::remove_temporary(path)?;
    Ok(true)
}
