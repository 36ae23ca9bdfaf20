//! Access tokens as JWTs (RFC 7519), following the best practices of RFC 8725
//! and the profile of RFC 9068.

mod claims;
mod key;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wycheproof;

use std::fmt;

use aws_lc_rs::digest;
use jsonwebtoken::{Header, Validation};
use quick_cache::sync::Cache;
use serde::de::DeserializeOwned;
use tenantry_application::ports::{
    AccessClaims, AccessTokens, PortError, PortErrorKind, PublicKey, TokenError,
};
use tenantry_domain::Timestamp;

use self::claims::{WireClaims, check_times};
pub use self::key::{AccessKey, KeyAlgorithm, KeyError};

/// The `typ` header of access tokens (RFC 9068, section 2.1).
const HEADER_TYPE: &str = "at+jwt";
/// The maximum length of a token. Longer ones are rejected without decoding;
/// issued tokens have about 500 bytes, with RSA 700.
const MAX_TOKEN_BYTES: usize = 4096;

/// Issuer, audience and cache size of access tokens.
#[derive(Debug, Clone)]
pub struct AccessTokenOptions {
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: String,
    /// The maximum number of verified tokens in the cache, about 150 bytes each.
    /// Verifying a signature is by far the most expensive step of a read.
    pub cached_tokens: usize,
}

/// Access tokens signed with the first key and verified with all keys.
///
/// A token is verified only with the key named by its `kid`, and only with that
/// key's algorithm. Keys embedded in or referenced by a token (`jwk`, `jku`,
/// `x5u`, `x5c`) are ignored.
pub struct JwtAccessTokens {
    keys: Vec<AccessKey>,
    options: AccessTokenOptions,
    /// The claims of verified tokens by the token's SHA-256. Times are checked
    /// on every use.
    verified: Cache<[u8; 32], AccessClaims>,
}

impl JwtAccessTokens {
    /// Creates access tokens that are signed with the first key. Fails if
    /// `keys` is empty, the first key cannot sign, or an id occurs twice.
    pub fn new(keys: Vec<AccessKey>, options: AccessTokenOptions) -> Result<Self, KeyError> {
        let Some(first) = keys.first() else {
            return Err(KeyError::new("", "at least one key is required"));
        };
        if first.private.is_none() {
            return Err(KeyError::new(
                &first.id,
                "the first key must have a private key",
            ));
        }
        for (at, key) in keys.iter().enumerate() {
            if keys.iter().skip(at + 1).any(|other| other.id == key.id) {
                return Err(KeyError::new(&key.id, "the key id occurs twice"));
            }
        }
        Ok(Self {
            keys,
            verified: Cache::new(options.cached_tokens.max(1)),
            options,
        })
    }

    fn verify_signature(&self, token: &str) -> Option<AccessClaims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let key = self.key_of(&header)?;
        if header.crit.is_some() || header.typ.as_deref() != Some(HEADER_TYPE) {
            return None;
        }
        let claims: WireClaims = decode(token, key).ok()?;
        claims.into_claims(&self.options.issuer, &self.options.audience)
    }

    /// Returns the key that a header names, if the algorithm of the header is the
    /// key's.
    fn key_of(&self, header: &Header) -> Option<&AccessKey> {
        let key_id = header.kid.as_deref()?;
        let key = self.keys.iter().find(|key| key.id == key_id)?;
        (header.alg == key.algorithm.jwt()).then_some(key)
    }
}

/// Verifies the signature of a token, and parses its payload.
fn decode<T: DeserializeOwned>(
    token: &str,
    key: &AccessKey,
) -> Result<T, jsonwebtoken::errors::Error> {
    jsonwebtoken::decode(token, &key.verifier, &signature_only(key)).map(|decoded| decoded.claims)
}

/// Returns a validation of the signature alone: the library's other checks read
/// the system clock and accept fractional seconds and a list of audiences.
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
        let private = key.private.as_ref().ok_or_else(failed)?;
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
        let mut digest = [0; 32];
        digest.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        if let Some(claims) = self.verified.get(&digest) {
            check_times(&claims, now)?;
            return Ok(claims);
        }
        let claims = self.verify_signature(token).ok_or(TokenError::Invalid)?;
        check_times(&claims, now)?;
        self.verified.insert(digest, claims);
        Ok(claims)
    }

    fn public_keys(&self) -> Vec<PublicKey> {
        self.keys.iter().filter_map(AccessKey::public_key).collect()
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
