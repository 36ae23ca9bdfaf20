//! Servers as child processes that do not outlive the tests.

use std::{
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// Runs a command until standard input ends. The tests hold the other end:
/// however they exit, the server stops and its folder is removed.
const UNTIL_THE_END: &str = r#"folder=$1; shift
"$@" >"$folder/server.log" 2>&1 & server=$!
cat >/dev/null
kill -INT "$server" 2>/dev/null; wait "$server"; cd /; rm -rf "$folder""#;

/// A server with its working folder.
pub(super) struct Server {
    _child: Child,
    folder: PathBuf,
}

impl Server {
    /// Creates a folder and starts the command that `command` returns for it.
    pub(super) fn start(owner: Option<Owner>, command: impl FnOnce(&Path) -> Command) -> Self {
        let folder = TempDir::with_prefix("tenantry-").expect("a folder").keep();
        make_private(&folder, 0o700, owner);
        let server = command(&folder);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", UNTIL_THE_END, "sh"])
            .arg(&folder)
            .arg(server.get_program())
            .args(server.get_args())
            .stdin(Stdio::piped());
        as_owner(&mut shell, owner);
        let child = shell.spawn().expect("a shell");
        Self {
            _child: child,
            folder,
        }
    }

    /// Returns the working folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the log of the server.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default()
    }
}

/// Restricts access to the user of the server.
pub(super) fn make_private(path: &Path, mode: u32, owner: Option<Owner>) {
    if let Some(owner) = owner {
        chown(path, Some(owner.user), Some(owner.group)).expect("a changed owner");
    }
    let mode = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, mode).expect("changed permissions");
}

/// A user of this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    /// Finds a user by name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let users = std::fs::read_to_string("/etc/passwd").ok()?;
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Self {
            user: fields.next()?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
        })
    }
}

/// Runs a command as another user, if given.
pub(super) fn as_owner(command: &mut Command, owner: Option<Owner>) {
    use std::os::unix::process::CommandExt;
    if let Some(owner) = owner {
        command.uid(owner.user).gid(owner.group).current_dir("/");
    }
}
