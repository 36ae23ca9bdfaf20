//! Refresh tokens: opaque to clients, derived from a secret, stored hashed.

use tenantry_domain::id::SessionId;

/// Makes and reads refresh tokens.
///
/// A token is derived from a secret, the session and the token's place in the
/// session's family, so the same one can be handed out again after a lost
/// answer although only its hash is stored.
pub trait RefreshTokens: Send + Sync {
    /// The token of a session at a place in its family.
    fn derive(&self, session: SessionId, generation: u32) -> RefreshToken;

    /// Reads a presented token; `None` where this service never made it.
    /// Compares in constant time.
    fn read(&self, text: &str) -> Option<ReadRefreshToken>;
}

/// A token to hand out.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// What the client keeps: URL-safe, at most 128 bytes.
    pub text: String,
    /// What the session keeps.
    pub hash: [u8; 32],
}

/// A token that came back and was made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadRefreshToken {
    /// The session it belongs to.
    pub session_id: SessionId,
    /// Its place in the family.
    pub generation: u32,
    /// Its hash.
    pub hash: [u8; 32],
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}
