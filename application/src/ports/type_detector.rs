//! Detection of media types by content.

use tenantry_domain::media_type::MediaType;

/// Detects media types by their signatures.
pub trait TypeDetector: Send + Sync {
    /// Returns the type whose signature `head`, the first bytes of the content,
    /// has; `None` if there is no known one, as in plain text.
    fn detect(&self, head: &[u8]) -> Option<MediaType>;

    /// Returns the number of first bytes that suffice.
    fn head_bytes(&self) -> usize;
}
