//! The sources of a configuration, passed in by the caller.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::secret::Secret;

/// The sources of a configuration. Nothing else is read, so that tests control them all.
#[derive(Clone)]
pub struct Sources {
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) dotenv: Dotenv,
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) flags: Flags,
    pub(crate) working_dir: PathBuf,
}

/// The source of the `.env` layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dotenv {
    /// The file `.env` in the working directory, if it exists.
    WorkingDir,
    /// A text.
    Text(Secret),
    /// No source.
    None,
}

impl Sources {
    /// Creates sources with only the file `.env` in `working_dir`, the base of relative paths.
    pub fn new(working_dir: impl Into<PathBuf>) -> Self {
        Self {
            env: Vec::new(),
            dotenv: Dotenv::WorkingDir,
            config_file: None,
            flags: Flags::default(),
            working_dir: working_dir.into(),
        }
    }

    /// Adds environment variables, such as those of `std::env::vars_os`. A value that is not UTF-8
    /// is a problem if the name is a setting, and ignored otherwise.
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

    /// Sets the source of the `.env` layer.
    #[must_use]
    pub fn dotenv(mut self, dotenv: Dotenv) -> Self {
        self.dotenv = dotenv;
        self
    }

    /// Sets the file of `--config`, which must exist.
    #[must_use]
    pub fn config_file(mut self, file: Option<PathBuf>) -> Self {
        self.config_file = file;
        self
    }

    /// Sets the flags.
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
    /// Omits the variables, which contain most secrets.
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

/// Settings from the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub(crate) Vec<Flag>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) text: Secret,
}

impl Flags {
    /// Creates an empty set of flags.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key` (such as `http.port`) by the flag `name` (such as `--port`), parsed as in a
    /// variable; `None` changes nothing.
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
