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
    /// times at `now`.
    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError>;

    /// The public keys, for a JWKS (RFC 7517). Empty where the keys are
    /// shared secrets.
    fn public_keys(&self) -> Vec<PublicKey>;
}

/// What an access token says. No name, no e-mail, no permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// Who (`sub`).
    pub user_id: UserId,
    /// Acting in which tenant (`tid`).
    pub tenant_id: Option<TenantId>,
    /// In which session (`sid`).
    pub session_id: SessionId,
    /// The token's own id (`jti`).
    pub token_id: uuid::Uuid,
    /// Since when (`iat`), cut to seconds.
    pub issued_at: Timestamp,
    /// Until when (`exp`), cut to seconds.
    pub expires_at: Timestamp,
}

/// Why a token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// Malformed, forged, for another issuer, audience or purpose.
    #[error("the token is not valid")]
    Invalid,
}

/// A key others may verify tokens with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its name (`kid`).
    pub key_id: String,
    /// `EdDSA` or `RS256`.
    pub algorithm: &'static str,
    /// The key's own members.
    pub material: PublicKeyMaterial,
}

/// A public key's numbers, unpadded base64url as a JWK has them.
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
