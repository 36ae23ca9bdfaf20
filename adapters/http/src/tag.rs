//! The groups of operations.

use poem_openapi::Tags;

/// What the operations are about.
#[derive(Tags)]
#[oai(rename_all = "lowercase")]
pub(crate) enum Tag {
    /// Registering, signing in, staying signed in, and oneself.
    Auth,
    /// Tenants and what they use.
    Tenants,
    /// Files, their content and their versions.
    Files,
    /// Where content is stored.
    Storage,
    /// Background work.
    Jobs,
    /// What was done, by whom.
    Audit,
    /// The service about itself: health, version, settings, keys.
    System,
}
