//! Access tokens as JWT (RFC 7519), after the advice of RFC 8725 and in the
//! profile of RFC 9068.

mod claims;
mod key;
#[cfg(test)]
mod tests;

use std::fmt;

use aws_lc_rs::digest;
use jsonwebtoken::{Header, Validation};
use quick_cache::sync::Cache;
use tenantry_application::ports::{
    AccessClaims, AccessTokens, PortError, PortErrorKind, PublicKey, TokenError,
};
use tenantry_domain::Timestamp;

use self::claims::{WireClaims, check_times};
pub use self::key::{AccessKey, KeyAlgorithm, KeyError};

/// The `typ` header of access tokens (RFC 9068, section 2.1).
const HEADER_TYPE: &str = "at+jwt";
/// Longer tokens are refused unread; ours have about 500 bytes, with RSA 700.
const MAX_TOKEN_BYTES: usize = 4096;

/// Whose tokens are issued and accepted, and how many are remembered.
#[derive(Debug, Clone)]
pub struct AccessTokenOptions {
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: String,
    /// How many verified tokens are remembered, at about 150 bytes each:
    /// checking a signature costs far more than anything else a read does.
    pub cached_tokens: usize,
}

/// Signs with the first of its keys and verifies with all.
///
/// A token is held against the one key its `kid` names and only with that
/// key's own algorithm. Keys that a token brings or points to (`jwk`, `jku`,
/// `x5u`, `x5c`) are never looked at.
pub struct JwtAccessTokens {
    keys: Vec<AccessKey>,
    options: AccessTokenOptions,
    /// Claims by SHA-256 of the token whose signature and purpose held. Times
    /// are not among what is remembered: they are checked every time.
    verified: Cache<[u8; 32], AccessClaims>,
}

impl JwtAccessTokens {
    /// Takes the keys: the first signs. Refuses none at all, a first one that
    /// cannot sign, and two of one name.
    pub fn new(keys: Vec<AccessKey>, options: AccessTokenOptions) -> Result<Self, KeyError> {
        let Some(first) = keys.first() else {
            return Err(KeyError::new("", "at least one key is needed"));
        };
        if first.signs.is_none() {
            return Err(KeyError::new(&first.id, "the first key must sign"));
        }
        for (at, key) in keys.iter().enumerate() {
            if keys.iter().skip(at + 1).any(|other| other.id == key.id) {
                return Err(KeyError::new(&key.id, "is given twice"));
            }
        }
        Ok(Self {
            keys,
            verified: Cache::new(options.cached_tokens.max(1)),
            options,
        })
    }

    fn verify_anew(&self, token: &str) -> Option<AccessClaims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let key_id = header.kid.as_deref()?;
        let key = self.keys.iter().find(|key| key.id == key_id)?;
        let is_plain = header.crit.is_none() && header.typ.as_deref() == Some(HEADER_TYPE);
        if header.alg != key.algorithm.jwt() || !is_plain {
            return None;
        }
        let decoded =
            jsonwebtoken::decode::<WireClaims>(token, &key.verifies, &signature_only(key)).ok()?;
        decoded
            .claims
            .read(&self.options.issuer, &self.options.audience)
    }
}

/// The signature and nothing else: the library would read the time from the
/// machine, accept fractions of seconds, and take a list for one audience.
fn signature_only(key: &AccessKey) -> Validation {
    let mut validation = Validation::new(key.algorithm.jwt());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

impl AccessTokens for JwtAccessTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<String, PortError> {
        let failed = || PortError::new(PortErrorKind::Internal, "cannot sign an access token");
        let key = self.keys.first().ok_or_else(failed)?;
        let private = key.signs.as_ref().ok_or_else(failed)?;
        let mut header = Header::new(key.algorithm.jwt());
        header.typ = Some(HEADER_TYPE.to_owned());
        header.kid = Some(key.id.clone());
        let claims = WireClaims::new(claims, &self.options.issuer, &self.options.audience);
        jsonwebtoken::encode(&header, &claims, private).map_err(|e| failed().caused_by(e))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid);
        }
        let mut name = [0; 32];
        name.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        if let Some(claims) = self.verified.get(&name) {
            check_times(&claims, now)?;
            return Ok(claims);
        }
        let claims = self.verify_anew(token).ok_or(TokenError::Invalid)?;
        check_times(&claims, now)?;
        self.verified.insert(name, claims);
        Ok(claims)
    }

    fn public_keys(&self) -> Vec<PublicKey> {
        self.keys.iter().filter_map(AccessKey::published).collect()
    }
}

impl fmt::Debug for JwtAccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAccessTokens")
            .field("keys", &self.keys)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
