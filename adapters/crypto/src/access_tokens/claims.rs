//! The claims set of a token.

use serde::{Deserialize, Serialize};
use tenantry_application::ports::{AccessClaims, TokenError};
use tenantry_domain::Timestamp;

/// The `typ` claim, which distinguishes access tokens from any other tokens
/// signed with the same key.
const PURPOSE: &str = "access";

/// The maximum clock skew of the issuing process, in seconds. Expiry has no
/// leeway.
const LEEWAY_SECONDS: i64 = 5;

/// 9999-12-31T23:59:59Z, the last second RFC 3339 can represent.
const LAST_SECOND: u64 = 253_402_300_799;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireClaims {
    iss: String,
    aud: String,
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tid: Option<String>,
    sid: String,
    jti: String,
    iat: u64,
    exp: u64,
    typ: String,
}

impl WireClaims {
    pub(super) fn new(claims: &AccessClaims, issuer: &str, audience: &str) -> Self {
        Self {
            iss: issuer.to_owned(),
            aud: audience.to_owned(),
            sub: claims.user_id.to_string(),
            tid: claims.tenant_id.map(|tenant| tenant.to_string()),
            sid: claims.session_id.to_string(),
            jti: claims.token_id.hyphenated().to_string(),
            iat: seconds(claims.issued_at),
            exp: seconds(claims.expires_at),
            typ: PURPOSE.to_owned(),
        }
    }

    /// Converts the claims, if they are valid and have the given issuer and
    /// audience.
    pub(super) fn into_claims(self, issuer: &str, audience: &str) -> Option<AccessClaims> {
        if self.iss != issuer || self.aud != audience || self.typ != PURPOSE {
            return None;
        }
        let tenant_id = match self.tid {
            Some(tenant) => Some(tenant.parse().ok()?),
            None => None,
        };
        Some(AccessClaims {
            user_id: self.sub.parse().ok()?,
            tenant_id,
            session_id: self.sid.parse().ok()?,
            token_id: self.jti.parse().ok()?,
            issued_at: timestamp(self.iat)?,
            expires_at: timestamp(self.exp)?,
        })
    }
}

/// Checks issue and expiry times at `now`. After the clock was set back, tokens may
/// have been issued in the future; accepting them would extend their lifetime.
pub(super) fn check_times(claims: &AccessClaims, now: Timestamp) -> Result<(), TokenError> {
    if claims.expires_at <= claims.issued_at {
        return Err(TokenError::Invalid);
    }
    let is_future = claims.issued_at.as_seconds() > now.as_seconds() + LEEWAY_SECONDS;
    if is_future || claims.expires_at <= now {
        return Err(TokenError::Expired);
    }
    Ok(())
}

fn seconds(timestamp: Timestamp) -> u64 {
    u64::try_from(timestamp.as_seconds()).unwrap_or(0)
}

fn timestamp(seconds: u64) -> Option<Timestamp> {
    let millis = i64::try_from(seconds.min(LAST_SECOND + 1)).ok()? * 1000;
    (seconds <= LAST_SECOND).then(|| Timestamp::from_millis(millis))
}
