//! Detection of media types by content.

use tenantry_domain::media_type::{Detection, MediaType};

/// Detects media types by their signatures.
pub trait TypeDetector: Send + Sync {
    /// Detects the type of content from `head`, its first bytes. Content of any
    /// form is accepted, whether it is truncated or malformed.
    fn detect(&self, head: &[u8]) -> Detection;

    /// Returns whether all content of a type has a signature that is detected,
    /// so that content without it is of another type.
    fn has_signature(&self, media_type: &MediaType) -> bool;

    /// Returns the number of first bytes that suffice.
    fn head_bytes(&self) -> usize;
}
