//! Removal of namespaces on servers given by a URL.
//!
//! Servers that tests start end with the tests. On other servers, the
//! namespaces would remain. A child process removes them when its standard
//! input closes, which happens however the test process ends.

use std::{
    env,
    io::Write,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use super::given;

/// The subcommand of the program `providers` that reads namespaces and removes
/// them.
pub const CLEANUP: &str = "cleanup";

/// The child process, whose standard input this process keeps open.
static CHILD: Mutex<Option<Child>> = Mutex::new(None);

/// Removes a namespace when this process ends, if the server of `variable` is
/// given by a URL.
pub(super) fn remove_at_exit(variable: &str, namespace: &str) {
    if given(variable).is_none() {
        return;
    }
    let mut child = CHILD.lock().unwrap_or_else(PoisonError::into_inner);
    let stdin = child.get_or_insert_with(start).stdin.as_mut();
    let stdin = stdin.expect("the standard input of the cleanup process");
    writeln!(stdin, "{variable}\t{namespace}").expect("write to the cleanup process");
}

fn start() -> Child {
    Command::new(program())
        .arg(CLEANUP)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        // An interrupt from the terminal must not end it.
        .process_group(0)
        .spawn()
        .expect("start the cleanup process")
}

/// Returns the program `providers`, which Cargo builds next to the tests.
fn program() -> PathBuf {
    let mut path = env::current_exe().expect("the path of this program");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path.join("providers")
}
