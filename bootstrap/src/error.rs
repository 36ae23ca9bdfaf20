//! Errors of commands.

use tenantry_application::{Error, ports::PortError};
use tenantry_config::Problems;
use thiserror::Error as ThisError;

/// The reason why a command failed. Displayed as one line, or one line per
/// problem of the configuration, without secrets.
#[derive(Debug, ThisError)]
pub enum StartError {
    /// The configuration is not valid.
    #[error(transparent)]
    Config(#[from] Problems),
    /// The value of a setting is not supported.
    #[error("configuration: {key}: {reason}")]
    Setting {
        /// The key.
        key: String,
        /// The reason.
        reason: String,
    },
    /// An adapter failed.
    #[error("{}", chain(.0))]
    Port(#[from] PortError),
    /// A storage backend cannot be opened.
    #[error("storage {name} ({kind}): {}", chain(.error))]
    Storage {
        /// The name of the backend.
        name: String,
        /// The value of `kind`.
        kind: &'static str,
        /// The cause.
        error: PortError,
    },
    /// A use case failed.
    #[error("{}", chain(.0))]
    UseCase(#[from] Error),
    /// An operation of the operating system failed.
    #[error("{operation}: {source}")]
    Io {
        /// The operation that failed.
        operation: String,
        /// The cause.
        source: std::io::Error,
    },
    /// Another failure.
    #[error("{0}")]
    Failed(String),
}

impl StartError {
    /// Creates an error of the operating system.
    pub fn io(operation: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io {
            operation: operation.into(),
            source,
        }
    }

    /// Creates the error of a provider that this build does not contain. Its
    /// cargo feature is named `<section>-<kind>`.
    pub fn not_built_in(key: impl Into<String>, section: &str, kind: &str) -> Self {
        let reason =
            format!("{kind} is not part of this build; enable the cargo feature {section}-{kind}");
        Self::setting(key, reason)
    }

    /// Creates the error of a setting.
    pub fn setting(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Setting {
            key: key.into(),
            reason: reason.into(),
        }
    }
}

/// Returns an error and its sources in one line.
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
