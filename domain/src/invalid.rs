//! Errors of the domain: invalid values and invalid state transitions.

use thiserror::Error;

/// The error for an input value that violates its type's invariants.
///
/// `code` is stable and `snake_case`; `message` is for humans and never repeats
/// a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Invalid {
    /// Stable, machine-readable reason.
    pub code: &'static str,
    /// Human-readable description.
    pub message: String,
}

impl Invalid {
    /// Creates an error with the given code.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Creates the error for a value with fewer than `min` of `unit`.
    pub fn too_short(min: usize, unit: &str) -> Self {
        Self::new("too_short", format!("must have at least {min} {unit}"))
    }

    /// Creates the error for a value with more than `max` of `unit`.
    pub fn too_long(max: usize, unit: &str) -> Self {
        Self::new("too_long", format!("must have at most {max} {unit}"))
    }

    /// Creates the error for a value with disallowed characters.
    pub fn characters(message: impl Into<String>) -> Self {
        Self::new("invalid_characters", message)
    }

    /// Creates the error for a value in the wrong format.
    pub fn format(message: impl Into<String>) -> Self {
        Self::new("invalid_format", message)
    }
}

/// The error for a transition that a state machine does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot change {entity} from {from} to {to}")]
pub struct InvalidTransition {
    /// The kind of entity.
    pub entity: &'static str,
    /// The current state.
    pub from: &'static str,
    /// The requested state.
    pub to: &'static str,
}
