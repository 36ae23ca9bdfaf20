//! Everything a configuration is made from, handed in by the caller.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::secret::Secret;

/// The sources of a configuration. Nothing else is looked at, so a test owns them all.
///
/// One exception, by the parser of `.env`: a `$NAME` outside single quotes in that file becomes
/// the variable `NAME` of the process, if there is one, before an earlier line of the file.
#[derive(Clone)]
pub struct Sources {
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) dotenv: Dotenv,
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) flags: Flags,
    pub(crate) working_dir: PathBuf,
}

/// Where the layer `.env` comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dotenv {
    /// The file `.env` in the working folder, if there is one.
    WorkingDir,
    /// This text.
    Text(Secret),
    /// Nowhere.
    None,
}

impl Sources {
    /// The file `.env` of `working_dir` and nothing more. Relative paths of secret files and of
    /// the configuration file start from `working_dir`.
    pub fn new(working_dir: impl Into<PathBuf>) -> Self {
        Self {
            env: Vec::new(),
            dotenv: Dotenv::WorkingDir,
            config_file: None,
            flags: Flags::default(),
            working_dir: working_dir.into(),
        }
    }

    /// With these variables, such as those of `std::env::vars_os`. One that is not UTF-8 is a
    /// fault if its name is ours, else ignored.
    #[must_use]
    pub fn env<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables.into_iter();
        self.env
            .extend(variables.map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// With `.env` from here instead of the working folder.
    #[must_use]
    pub fn dotenv(mut self, dotenv: Dotenv) -> Self {
        self.dotenv = dotenv;
        self
    }

    /// With the file of `--config`; it must exist.
    #[must_use]
    pub fn config_file(mut self, file: Option<PathBuf>) -> Self {
        self.config_file = file;
        self
    }

    /// With these flags.
    #[must_use]
    pub fn flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }

    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        self.working_dir.join(path)
    }
}

impl fmt::Debug for Sources {
    /// Without the variables: most secrets are among them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sources")
            .field("dotenv", &self.dotenv)
            .field("config_file", &self.config_file)
            .field("flags", &self.flags)
            .field("working_dir", &self.working_dir)
            .finish_non_exhaustive()
    }
}

/// Settings given on the command line: each with the flag's name, for `show` and for errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub(crate) Vec<Flag>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) text: Secret,
}

impl Flags {
    /// No flags.
    pub fn new() -> Self {
        Self::default()
    }

    /// With `name` (such as `--port`) giving `key` (such as `http.port`) this text, read as in a
    /// variable; a flag that is not given changes nothing.
    #[must_use]
    pub fn set(mut self, name: &str, key: &str, text: Option<impl ToString>) -> Self {
        self.0.extend(text.map(|text| Flag {
            name: name.to_owned(),
            key: key.to_owned(),
            text: Secret::new(text.to_string()),
        }));
        self
    }
}
