//! Changes of directories that survive a power failure. The rest of the
//! workspace makes none itself, as a test of the repository checks.
//!
//! A file system keeps a new, renamed or removed name only after its directory
//! is synced. Where nothing relies on that, for files that are removed again
//! later, there are functions without a sync. Files and directories are
//! accessible to their owner only.

mod system;

use std::{
    fs::File,
    io::{self, ErrorKind},
    path::Path,
};

use system::{FileSystem, System};

/// Creates a directory with its missing parents. Returns once all of them are
/// durable.
pub fn create_directories(path: &Path) -> io::Result<()> {
    create_directories_on(&FileSystem, path)
}

/// Creates a directory in an existing one unless it exists. Returns once it is
/// durable.
pub fn create_directory(path: &Path) -> io::Result<()> {
    create_directory_on(&FileSystem, path)
}

/// Creates an empty file unless it exists. Returns once it is durable.
pub fn ensure_file(path: &Path) -> io::Result<()> {
    ensure_file_on(&FileSystem, path)
}

/// Creates a file for writing whose name need not be durable. Fails if it
/// exists.
pub fn create_temporary(path: &Path) -> io::Result<File> {
    FileSystem.create_file(path)
}

/// Gives a file a second name. Returns once the name is durable; fails if it
/// exists. The content must be synced before.
pub fn link(from: &Path, to: &Path) -> io::Result<()> {
    link_on(&FileSystem, from, to)
}

/// Renames a file, replacing another one. Returns once the name is durable. The
/// content must be synced before.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    rename_on(&FileSystem, from, to)
}

/// Removes a file. Returns once the removal is durable, and the name of a
/// missing file as well, which another process may just have removed. Returns
/// whether the file existed.
pub fn remove(path: &Path) -> io::Result<bool> {
    remove_on(&FileSystem, path)
}

/// Removes a file that may reappear after a power failure, because it is
/// removed again then.
pub fn remove_temporary(path: &Path) -> io::Result<()> {
    FileSystem.remove_file(path)
}

fn create_directories_on(system: &impl System, path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || system.is_directory(path) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_directories_on(system, parent)?;
    }
    create_directory_on(system, path)
}

fn create_directory_on(system: &impl System, path: &Path) -> io::Result<()> {
    match system.create_directory(path) {
        // Another process was faster, but may not have synced it yet.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && system.is_directory(path) => {}
        result => result?,
    }
    sync_parent(system, path)
}

fn ensure_file_on(system: &impl System, path: &Path) -> io::Result<()> {
    match system.create_file(path) {
        Ok(_) => sync_parent(system, path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn link_on(system: &impl System, from: &Path, to: &Path) -> io::Result<()> {
    system.link(from, to)?;
    sync_parent(system, to)
}

fn rename_on(system: &impl System, from: &Path, to: &Path) -> io::Result<()> {
    system.rename(from, to)?;
    sync_parent(system, to)?;
    if from.parent() == to.parent() {
        Ok(())
    } else {
        sync_parent(system, from)
    }
}

fn remove_on(system: &impl System, path: &Path) -> io::Result<bool> {
    let existed = match system.remove_file(path) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    match sync_parent(system, path) {
        // Without its directory, the file cannot reappear.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(existed),
        result => result.map(|()| existed),
    }
}

fn sync_parent(system: &impl System, path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => system.sync_directory(Path::new(".")),
        Some(parent) => system.sync_directory(parent),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
