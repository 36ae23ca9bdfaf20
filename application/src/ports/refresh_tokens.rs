//! Refresh tokens: opaque to clients, derived from a secret, stored as hashes.

use tenantry_domain::id::SessionId;

/// Issues and verifies refresh tokens.
///
/// A token is derived from a secret, the session and the token's generation, so
/// that it can be issued again after a lost response although only its hash is
/// stored.
pub trait RefreshTokens: Send + Sync {
    /// Returns the token of a session and generation.
    fn derive(&self, session: SessionId, generation: u32) -> RefreshToken;

    /// Verifies a presented token in constant time; `None` if this service
    /// never issued it.
    fn verify(&self, text: &str) -> Option<VerifiedRefreshToken>;
}

/// A token to issue.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The text for the client: URL-safe, at most 128 bytes.
    pub text: String,
    /// The hash for the session.
    pub hash: [u8; 32],
}

/// A verified token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedRefreshToken {
    /// The session.
    pub session_id: SessionId,
    /// The generation.
    pub generation: u32,
    /// The hash.
    pub hash: [u8; 32],
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}
