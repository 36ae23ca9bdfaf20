//! `security`: secrets, tokens, passwords and registration.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::password_hash::PasswordHashConfig;
use super::signing_key::{Algorithm, SigningKey};
use crate::problem::Problem;
use crate::profile::Profile;
use crate::secret::Secret;

/// The minimum length of the root secret in staging and production, in bytes.
const SECRET_BYTES: usize = 32;

/// Registration of new accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anyone can register.
    #[default]
    Open,
    /// Registration requires an invitation.
    Invite,
    /// Only administrators create accounts.
    Closed,
}

/// Secrets, tokens, passwords and registration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecurityConfig {
    /// The root secret, from which signing, cookie and cursor keys are derived. Staging and
    /// production require one of at least 32 bytes (`tenantry secret generate`). Other profiles
    /// generate one in the data directory.
    pub secret: Option<Secret>,
    /// The signature algorithm of access tokens if `keys` is empty; otherwise that of the first key.
    pub algorithm: Algorithm,
    /// The keys of access tokens, a list of tables: `kid`, `algorithm`, and `secret` (HS256) or
    /// `private_key_file` or `public_key_file` (EdDSA, RS256). The first key signs, all keys
    /// verify. If empty, the key is derived from the root secret.
    pub keys: Vec<SigningKey>,
    /// The lifetime of an access token, in minutes.
    #[schemars(range(min = 1, max = 1440))]
    pub access_token_minutes: u64,
    /// The lifetime of an unused refresh token, in days.
    #[schemars(range(min = 1, max = 365))]
    pub refresh_token_days: u64,
    /// The lifetime of a session however often it is refreshed, in days.
    #[schemars(range(min = 1, max = 3650))]
    pub session_days: u64,
    /// The maximum number of sessions of a user. A login beyond it ends the session whose last login
    /// or refresh is the oldest.
    #[schemars(range(min = 1, max = 1000))]
    pub max_sessions: u32,
    /// The time during which a used refresh token returns the same successor, in seconds, so that
    /// clients can retry after a lost response.
    #[schemars(range(max = 300))]
    pub refresh_grace_seconds: u64,
    /// The issuer of tokens (`iss`); by default `http.public_url` if set.
    #[schemars(length(min = 1))]
    pub issuer: String,
    /// The audience of tokens (`aud`).
    #[schemars(length(min = 1))]
    pub audience: String,
    /// Whether new users can register: `open` to anyone, by `invite` only, or `closed`.
    pub registration: Registration,
    /// Whether users must verify their e-mail address before they sign in; requires mail.
    pub verify_email: bool,
    /// The pepper of the stored hashes of refresh tokens. Changing it ends all sessions.
    pub refresh_token_pepper: Option<Secret>,
    /// The minimum length of a password, in characters. NIST SP 800-63B requires at least 8, or 15
    /// if the password is the only factor, and that passwords of 64 characters are accepted.
    #[schemars(range(min = 8, max = 64))]
    pub password_min_length: usize,
    /// The cost of the Argon2id hash of a password. Except in the profile testing it must reach a
    /// minimum of the OWASP Password Storage Cheat Sheet: 47104 KiB and 1 iteration, 19456 and 2,
    /// 12288 and 3, 9216 and 4, or 7168 and 5.
    pub password_hash: PasswordHashConfig,
}

impl Default for SecurityConfig {
    fn default() -> Self {
        Self {
            secret: None,
            algorithm: Algorithm::default(),
            keys: Vec::new(),
            access_token_minutes: 15,
            refresh_token_days: 30,
            session_days: 90,
            max_sessions: 100,
            refresh_grace_seconds: 30,
            issuer: "tenantry".to_owned(),
            audience: "tenantry".to_owned(),
            registration: Registration::default(),
            verify_email: false,
            refresh_token_pepper: None,
            password_min_length: 8,
            password_hash: PasswordHashConfig::default(),
        }
    }
}

impl SecurityConfig {
    /// Rejects inconsistent keys, weak password hashes and, in staging and production, a missing or
    /// short root secret.
    pub fn validate(&self, profile: Profile) -> Result<(), Problem> {
        if profile.is_strict() {
            self.validate_secret(profile)?;
        }
        self.validate_keys(profile)?;
        self.password_hash.validate(profile)
    }

    fn validate_secret(&self, profile: Profile) -> Result<(), Problem> {
        let reason = match &self.secret {
            None => format!(
                "missing, and the profile {profile} has no default; generate one with \
                 `tenantry secret generate` and set TENANTRY_SECURITY__SECRET"
            ),
            Some(secret) if secret.len() < SECRET_BYTES => format!(
                "has {} bytes, but needs at least {SECRET_BYTES}; \
                 generate one with `tenantry secret generate`",
                secret.len()
            ),
            Some(_) => return Ok(()),
        };
        Err(Problem::new("security.secret", reason))
    }

    fn validate_keys(&self, profile: Profile) -> Result<(), Problem> {
        let reject = |reason: String| Err(Problem::new("security.keys", reason));
        let Some(first) = self.keys.first() else {
            if self.algorithm == Algorithm::RS256 {
                let reason = "RS256 requires a private key in security.keys";
                return Err(Problem::new("security.algorithm", reason));
            }
            return Ok(());
        };
        if first.algorithm() != self.algorithm {
            let (expected, actual) = (self.algorithm.name(), first.algorithm().name());
            let reason =
                format!("is {expected}, but the first key of security.keys is for {actual}");
            return Err(Problem::new("security.algorithm", reason));
        }
        if !first.can_sign() {
            return reject(format!(
                "key {:?}: the first key must have a private key",
                first.kid()
            ));
        }
        let mut kids = BTreeSet::new();
        for key in &self.keys {
            if !kids.insert(key.kid()) {
                return reject(format!("duplicate kid {:?}", key.kid()));
            }
            key.validate(profile.is_strict())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::sections::signing_key::{KeyPair, SharedKey};

    fn problem(security: &SecurityConfig, profile: Profile) -> String {
        let result = security.validate(profile);
        result.map_or_else(|problem| problem.to_string(), |()| "ok".to_owned())
    }

    fn shared(kid: &str, secret: &str) -> SigningKey {
        SigningKey::HS256(SharedKey {
            kid: kid.to_owned(),
            secret: secret.into(),
        })
    }

    fn with_keys(algorithm: Algorithm, keys: Vec<SigningKey>) -> SecurityConfig {
        SecurityConfig {
            algorithm,
            keys,
            ..SecurityConfig::default()
        }
    }

    #[test]
    fn strict_profiles_require_a_long_secret() {
        let mut security = SecurityConfig::default();
        assert_eq!(problem(&security, Profile::Development), "ok");
        assert!(problem(&security, Profile::Production).contains("`tenantry secret generate`"));
        security.secret = Some(Secret::new("x".repeat(31)));
        assert!(problem(&security, Profile::Staging).contains("has 31 bytes"));
        security.secret = Some(Secret::new("x".repeat(32)));
        assert_eq!(problem(&security, Profile::Production), "ok");
    }

    #[test]
    fn keys_must_be_consistent() {
        let development = Profile::Development;
        let duplicates = vec![shared("a", "s"), shared("a", "t")];
        let security = with_keys(Algorithm::HS256, duplicates);
        assert!(problem(&security, development).contains("duplicate kid \"a\""));

        let security = with_keys(Algorithm::EdDSA, vec![shared("a", "s")]);
        assert!(problem(&security, development).contains("security.keys is for HS256"));

        let public = SigningKey::EdDSA(KeyPair {
            kid: "p".to_owned(),
            private_key_file: None,
            public_key_file: Some(PathBuf::from("p.pem")),
        });
        let security = with_keys(Algorithm::EdDSA, vec![public]);
        assert!(problem(&security, development).contains("must have a private key"));
        let security = with_keys(Algorithm::RS256, Vec::new());
        assert!(problem(&security, development).contains("RS256 requires a private key"));
    }

    #[test]
    fn strict_profiles_reject_short_shared_secrets() {
        let mut security = with_keys(Algorithm::HS256, vec![shared("a", "short")]);
        security.secret = Some(Secret::new("x".repeat(32)));
        assert_eq!(problem(&security, Profile::Development), "ok");
        let line = problem(&security, Profile::Production);
        assert!(line.contains("at least 32 bytes") && !line.contains("short"));
    }
}
