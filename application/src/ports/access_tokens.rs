//! Access tokens: short-lived, signed, verified without a store.

use tenantry_domain::{
    Timestamp,
    id::{SessionId, TenantId, UserId},
};
use thiserror::Error;

use super::PortError;

/// Issues and verifies access tokens (JWT, RFC 7519 and 8725).
pub trait AccessTokens: Send + Sync {
    /// Signs a token with the current key.
    fn issue(&self, claims: &AccessClaims) -> Result<String, PortError>;

    /// Verifies signature, algorithm, key id, issuer, audience, purpose and
    /// validity at `now`.
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError>;

    /// Returns the public keys for a JWKS (RFC 7517); empty if the keys are
    /// shared secrets.
    fn public_keys(&self) -> Vec<PublicKey>;
}

/// The claims of an access token: no name, no e-mail address, no permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// The user (`sub`).
    pub user_id: UserId,
    /// The tenant (`tid`).
    pub tenant_id: Option<TenantId>,
    /// The session (`sid`).
    pub session_id: SessionId,
    /// The token's id (`jti`).
    pub token_id: uuid::Uuid,
    /// The time of issue (`iat`), truncated to seconds.
    pub issued_at: Timestamp,
    /// The expiry time (`exp`), truncated to seconds.
    pub expires_at: Timestamp,
}

/// The reason a token is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// The token is genuine but not valid at present: it has expired, or was issued
    /// before the clock was set back. The client needs a new one.
    #[error("the token has expired")]
    Expired,
    /// The token is malformed, forged, or for another issuer, audience or
    /// purpose.
    #[error("the token is invalid")]
    Invalid,
}

/// A public key with which others can verify tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The key's id (`kid`).
    pub key_id: String,
    /// `EdDSA` or `RS256`.
    pub algorithm: &'static str,
    /// The key's parameters.
    pub material: PublicKeyMaterial,
}

/// The parameters of a public key, in unpadded base64url as in a JWK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKeyMaterial {
    /// `kty` OKP, `crv` Ed25519 (RFC 8037).
    Ed25519 {
        /// The public key.
        x: String,
    },
    /// `kty` RSA.
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
}
