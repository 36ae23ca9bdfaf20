//! How the domain says no.

use thiserror::Error;

/// A value from outside that does not satisfy its type.
///
/// `code` is stable and `snake_case`; `message` is for people and never repeats
/// a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Invalid {
    /// Stable, machine-readable reason.
    pub code: &'static str,
    /// What is wrong, in words.
    pub message: String,
}

impl Invalid {
    /// A refusal with a code of its own.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The value has fewer than `min` of `unit`.
    pub fn too_short(min: usize, unit: &str) -> Self {
        Self::new("too_short", format!("must have at least {min} {unit}"))
    }

    /// The value has more than `max` of `unit`.
    pub fn too_long(max: usize, unit: &str) -> Self {
        Self::new("too_long", format!("must have at most {max} {unit}"))
    }

    /// The value has a character that is not allowed in it.
    pub fn characters(message: impl Into<String>) -> Self {
        Self::new("invalid_characters", message)
    }

    /// The value is not of the form its type asks for.
    pub fn format(message: impl Into<String>) -> Self {
        Self::new("invalid_format", message)
    }
}

/// A state machine's answer to a step it does not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a {entity} that is {from} cannot become {to}")]
pub struct Refused {
    /// What was asked to change.
    pub entity: &'static str,
    /// The state it is in.
    pub from: &'static str,
    /// The state it was asked to take.
    pub to: &'static str,
}
