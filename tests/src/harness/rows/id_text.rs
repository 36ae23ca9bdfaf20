//! Ids within text.

/// Normalizes text so that an id has one form in it.
pub(super) fn bare(text: &str) -> String {
    text.to_uppercase().replace('-', "")
}
