//! The measured service, as a process without the rate limits of production.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tenantry_tests::harness::{Actor, ServiceProcess, Settings};
use tokio::runtime::Runtime;

use crate::tools::on_core;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

const SETTINGS: Settings<'static> = &[
    ("TENANTRY_LIMITS__MAX_FILE_MB", "2048"),
    ("TENANTRY_LIMITS__QUOTA_MB", "1000000"),
];

/// A service with one company.
pub(crate) struct World {
    /// The process.
    pub(crate) process: ServiceProcess,
    /// The owner of the company.
    pub(crate) owner: Actor,
    /// The runtime of asynchronous clients.
    pub(crate) runtime: Runtime,
    folder: TempDir,
}

impl World {
    /// Starts a service on all cores, with its data in a folder within `place`.
    pub(crate) fn within(place: &Path) -> Self {
        Self::start(place, PROGRAM, &[])
    }

    /// Starts a service on all cores with further settings.
    pub(crate) fn with(settings: Settings<'_>) -> Self {
        Self::start(&std::env::temp_dir(), PROGRAM, settings)
    }

    /// Starts a service on the first core.
    pub(crate) fn on_one_core() -> Self {
        let script = TempDir::new().expect("a folder");
        let path = script.path().join("serve");
        let command = on_core(0, Path::new(PROGRAM));
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words.map(|word| format!("'{}'", word.display())).collect();
        let text = format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "));
        fs::write(&path, text).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a mode");
        Self::start(&std::env::temp_dir(), path.to_str().expect("a path"), &[])
    }

    fn start(place: &Path, program: &str, settings: Settings<'_>) -> Self {
        let folder = TempDir::new_in(place).expect("a folder");
        let process = ServiceProcess::start(program, folder.path(), &[SETTINGS, settings].concat());
        let runtime = Runtime::new().expect("a runtime");
        let owner = runtime.block_on(Actor::register(process.base(), "acme"));
        Self {
            process,
            owner,
            runtime,
            folder,
        }
    }

    /// Returns the data directory.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Stops the service and starts it again on the same data.
    pub(crate) fn restart(self) -> Self {
        self.process.kill();
        let process = ServiceProcess::start(PROGRAM, self.folder.path(), SETTINGS);
        Self { process, ..self }
    }

    /// Returns the address, `host:port`.
    pub(crate) fn address(&self) -> String {
        self.process.base().trim_start_matches("http://").to_owned()
    }

    /// Returns the owner's access token.
    pub(crate) fn token(&self) -> &str {
        self.owner.token.as_deref().unwrap_or_default()
    }
}

/// Returns the path of the program.
pub(crate) fn program() -> PathBuf {
    PathBuf::from(PROGRAM)
}
