//! Tells content by its first bytes.

use tenantry_domain::media_type::MediaType;

/// Knows the signatures of file types.
pub trait TypeDetector: Send + Sync {
    /// The type whose signature `head`, the first bytes of the content, shows;
    /// `None` where there is none, as in plain text.
    fn detect(&self, head: &[u8]) -> Option<MediaType>;

    /// How many first bytes are enough.
    fn head_bytes(&self) -> usize;
}
