//! Chromium, a browser without a window.

use std::{path::PathBuf, process::Command};

use super::{
    child::{Server, as_owner},
    postgres::unprivileged,
};

/// The programs, in the order of preference. Debian's `chromium-headless-shell`
/// on the path is a script that does not pass signals on.
const PROGRAMS: [&str; 3] = [
    "/usr/lib/chromium/chromium-headless-shell",
    "/usr/lib/chromium/chromium",
    "/usr/bin/google-chrome",
];

/// The pages come from the tests, and a container may not permit the sandbox.
const OPTIONS: [&str; 5] = [
    "--headless",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
];

/// A browser that shows one page until it is dropped.
pub struct Chromium {
    server: Server,
}

impl Chromium {
    /// Opens a page in a new profile.
    pub fn open(url: &str) -> Self {
        let program = PROGRAMS.map(PathBuf::from);
        let program = program.into_iter().find(|program| program.is_file());
        let program =
            program.expect("Chromium is missing: run `apt-get install chromium-headless-shell`");
        let owner = unprivileged();
        let server = Server::start(owner, |folder| {
            let mut browser = Command::new(program);
            as_owner(&mut browser, owner);
            let profile = folder.join("profile");
            browser
                .args(OPTIONS)
                .arg(format!("--user-data-dir={}", profile.display()))
                .arg(url);
            browser
        });
        Self { server }
    }

    /// Returns the log of the browser.
    pub fn log(&self) -> String {
        self.server.log()
    }
}
