//! The tags that group operations in the document.

use poem_openapi::Tags;

/// The tag of an operation.
#[derive(Tags)]
#[oai(rename_all = "lowercase")]
pub(crate) enum Tag {
    /// Registration, sessions and the current user.
    Auth,
    /// Tenants and their usage.
    Tenants,
    /// Files, their contents and their versions.
    Files,
    /// Projects, the context of files and people.
    Projects,
    /// Storage backends.
    Storage,
    /// Background jobs.
    Jobs,
    /// The audit log.
    Audit,
    /// Health, version, configuration and public keys of the service.
    System,
}
