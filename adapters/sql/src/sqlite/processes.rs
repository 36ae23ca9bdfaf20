//! The processes that run jobs on a `SQLite` file.
//!
//! Only processes of one machine use the file, so that a lock proves that a
//! process runs: each has a locked file in a directory next to the database. The
//! system releases the lock when the process ends, also when it is killed.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The extension of the file of a process.
const LOCK: &str = "lock";

/// The processes of a database file.
#[derive(Debug)]
pub(crate) struct Processes {
    directory: PathBuf,
    /// The locked files of this process.
    own: Mutex<Vec<File>>,
}

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct EndedProcess {
    /// The name.
    pub(crate) name: String,
    path: PathBuf,
    /// Locked, so that other processes skip it.
    _file: File,
}

impl Processes {
    /// Returns the processes of a database file.
    pub(crate) fn of(database: &Path) -> Self {
        let mut directory = OsString::from(database);
        directory.push(".workers");
        Self {
            directory: directory.into(),
            own: Mutex::default(),
        }
    }

    /// Registers this process under a name that is never used again.
    pub(crate) fn register(&self, name: &str) -> io::Result<()> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.is_empty() || !name.bytes().all(is_plain) {
            return Err(ErrorKind::InvalidInput.into());
        }
        tenantry_disk::create_directory(&self.directory)?;
        // Locked before other processes see it.
        let unlocked = self.directory.join(name);
        let file = tenantry_disk::create_temporary(&unlocked)?;
        if let Err(error) = file.try_lock() {
            tenantry_disk::remove_temporary(&unlocked)?;
            return Err(error.into());
        }
        tenantry_disk::rename(&unlocked, &unlocked.with_extension(LOCK))?;
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.push(file);
        Ok(())
    }

    /// Returns the registered processes that have ended.
    pub(crate) fn ended(&self) -> io::Result<Vec<EndedProcess>> {
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut ended = Vec::new();
        for entry in entries {
            let path = entry?.path();
            match EndedProcess::at(path) {
                Ok(process) => ended.extend(process),
                // Removed by another process.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(ended)
    }
}

impl EndedProcess {
    fn at(path: PathBuf) -> io::Result<Option<Self>> {
        let name = path.file_stem().and_then(|name| name.to_str());
        let Some(name) = name.filter(|_| path.extension().is_some_and(|it| it == LOCK)) else {
            return Ok(None);
        };
        let name = name.to_owned();
        let file = File::open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self {
                name,
                path,
                _file: file,
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Removes the file of the process.
    pub(crate) fn forget(self) -> io::Result<()> {
        match tenantry_disk::remove_temporary(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    fn names(processes: &Processes) -> Vec<String> {
        let ended = processes.ended().expect("a list");
        ended.into_iter().map(|process| process.name).collect()
    }

    #[test]
    fn a_process_has_ended_once_its_lock_is_free() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("a.db");
        let (first, second) = (Processes::of(&database), Processes::of(&database));
        assert!(names(&first).is_empty());
        first.register("worker-1").expect("registered");
        second.register("worker-2").expect("registered");
        for processes in [&first, &second] {
            assert!(names(processes).is_empty());
        }
        drop(first);
        assert_eq!(names(&second), ["worker-1"]);
        for process in second.ended().expect("a list") {
            process.forget().expect("removed");
        }
        assert!(names(&second).is_empty());
    }

    #[test]
    fn names_are_plain() {
        let folder = tempfile::tempdir().expect("a folder");
        let processes = Processes::of(&folder.path().join("a.db"));
        for name in ["", "a/b", "..", "a%"] {
            assert!(processes.register(name).is_err(), "{name}");
        }
    }
}
