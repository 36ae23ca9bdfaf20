//! Active and executable content, and the types that announce or conceal it.

use super::graph::{is_a, is_same, known};

/// A kind of content that runs when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// Documents whose scripts a browser runs.
    Markup,
    /// Scripts that an interpreter runs.
    Script,
    /// Programs, libraries and bytecode.
    Program,
}

const MARKUP: [&str; 3] = ["text/html", "application/xhtml+xml", "image/svg+xml"];

/// Names of programs; the database has only some of them.
const PROGRAMS: [&str; 26] = [
    "application/vnd.microsoft.portable-executable",
    "application/x-ms-dos-executable",
    "application/x-msdos-program",
    "application/x-msdownload",
    "application/x-dosexec",
    "application/x-exe",
    "application/exe",
    "application/dos-exe",
    "application/x-winexe",
    "application/x-executable",
    "application/x-pie-executable",
    "application/x-elf",
    "application/x-sharedlib",
    "application/x-object",
    "application/x-core",
    "application/x-coredump",
    "application/x-mach-binary",
    "application/x-pef-executable",
    "application/vnd.appimage",
    "application/x-iso9660-appimage",
    "application/java-vm",
    "application/x-java",
    "application/x-java-class",
    "application/wasm",
    "application/x-wasm",
    "application/vnd.android.dex",
];

/// Scripts and sources that the database does not relate to programs, and that
/// are not named `text/x-…`.
const SCRIPTS: [&str; 20] = [
    "application/vnd.coffeescript",
    "application/x-asp",
    "application/x-desktop",
    "application/x-gnuplot",
    "application/x-httpd-php",
    "application/x-m4",
    "application/x-php",
    "application/x-sh",
    "application/x-bash",
    "application/x-powershell",
    "application/x-tcl",
    "application/sql",
    "application/typescript",
    "text/asp",
    "text/php",
    "text/rust",
    "text/tcl",
    "text/typescript",
    "text/vbscript",
    "text/org",
];

/// Text for readers that is named `text/x-…`.
const PROSE: [&str; 8] = [
    "text/x-authors",
    "text/x-changelog",
    "text/x-copying",
    "text/x-credits",
    "text/x-install",
    "text/x-log",
    "text/x-nfo",
    "text/x-readme",
];

/// Documents in which HTML is common: office programs export tables and letters
/// as HTML under their own names, Markdown contains HTML, and mail is stored
/// with its parts.
const HTML_CARRIERS: [&str; 6] = [
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "text/markdown",
    "message/rfc822",
    "multipart/related",
];

impl Activity {
    /// Returns the activity of detected content.
    pub(super) fn of(detected: &str) -> Option<Self> {
        if MARKUP.iter().any(|kind| is_a(detected, kind)) {
            Some(Self::Markup)
        } else if is_script(detected) {
            Some(Self::Script)
        } else if PROGRAMS.contains(&detected) {
            Some(Self::Program)
        } else {
            None
        }
    }

    /// Returns whether such content is ordinary under a type.
    pub(super) fn is_announced_by(self, name: &str) -> bool {
        match self {
            Self::Markup => {
                is_a(name, "text/html")
                    || is_a(name, "application/xml")
                    || HTML_CARRIERS.iter().any(|carrier| is_a(name, carrier))
                    || is_script(name)
            }
            Self::Script => is_script(name),
            Self::Program => PROGRAMS.iter().any(|program| is_same(name, program)),
        }
    }

    /// Returns whether a type conceals such content: it does not announce it, and
    /// is in the database, or a kind of text or media.
    pub(super) fn is_concealed_by(self, name: &str) -> bool {
        let is_understood = known(name).is_some() || !name.starts_with("application/");
        is_understood && !self.is_announced_by(name)
    }
}

/// Returns whether the type is a script or source code. The database derives
/// scripts from programs; JSON, derived from JavaScript, is only data.
fn is_script(name: &str) -> bool {
    let canonical = known(name).unwrap_or(name);
    let derived = is_a(name, "application/x-executable")
        && !PROGRAMS.contains(&canonical)
        && !is_a(name, "application/json");
    derived
        || canonical.starts_with("text/x-") && !PROSE.contains(&canonical)
        || SCRIPTS.iter().any(|script| is_same(name, script))
}
