//! Why the service does not start.

use tenantry_application::{Error, ports::PortError};
use tenantry_config::Problems;
use thiserror::Error as ThisError;

/// Why a command ends without doing what it was asked. Its text is one line,
/// or one line a problem, that says what to change; never a secret.
#[derive(Debug, ThisError)]
pub enum StartError {
    /// The configuration is not valid.
    #[error(transparent)]
    Config(#[from] Problems),
    /// A provider is configured that this version does not have.
    #[error(
        "configuration: {key}: {kind} is not available in this version; available: {available}"
    )]
    NotAvailable {
        /// The key that names it.
        key: String,
        /// What it names.
        kind: String,
        /// What it could name.
        available: &'static str,
    },
    /// A setting cannot be used.
    #[error("configuration: {key}: {reason}")]
    Setting {
        /// The key.
        key: String,
        /// Why.
        reason: String,
    },
    /// An outside part failed.
    #[error("{}", chain(.0))]
    Port(#[from] PortError),
    /// A storage backend cannot be used.
    #[error("storage {name} ({kind}): {}", chain(.error))]
    Storage {
        /// Its name.
        name: String,
        /// The value of its `kind`.
        kind: &'static str,
        /// Why.
        error: PortError,
    },
    /// A use case failed.
    #[error("{}", chain(.0))]
    UseCase(#[from] Error),
    /// The machine refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Something was found that a person must look at.
    #[error("{0}")]
    Found(String),
}

impl StartError {
    /// The machine refused something.
    pub fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io {
            what: what.into(),
            source,
        }
    }

    /// A kind is configured that this build leaves out. The feature that
    /// brings it has its name.
    pub fn not_built_in(key: impl Into<String>, kind: &str) -> Self {
        let reason = format!("{kind} is not part of this build (cargo feature {kind})");
        Self::setting(key, reason)
    }

    /// A setting cannot be used.
    pub fn setting(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Setting {
            key: key.into(),
            reason: reason.into(),
        }
    }
}

/// An error and what is below it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let part = error.to_string();
        if !text.ends_with(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        next = error.source();
    }
    text
}
