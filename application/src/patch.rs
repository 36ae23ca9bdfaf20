//! Partial updates.

use tenantry_domain::Invalid;

use crate::error::Checks;

/// A change of a value that may be absent. A required value uses `Option`
/// instead: it can be kept or set, but not removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Keep the value.
    #[default]
    Keep,
    /// Remove the value.
    Clear,
    /// Set a new value.
    Set(T),
}

impl<T: Clone> Patch<T> {
    /// Applies the change.
    pub(crate) fn apply(&self, value: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *value = None,
            Self::Set(new) => *value = Some(new.clone()),
        }
    }
}

impl Checks {
    /// Parses the new value of a change, or records the error of the field.
    pub(crate) fn take_patch<T>(
        &mut self,
        field: &str,
        patch: Patch<String>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Patch<T> {
        match patch {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(text) => self
                .take(field, parse(&text))
                .map_or(Patch::Keep, Patch::Set),
        }
    }
}
