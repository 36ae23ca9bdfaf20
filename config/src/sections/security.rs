//! `security`: secrets, tokens, passwords and who may register.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::password_hash::PasswordHashConfig;
use super::signing_key::{Algorithm, SigningKey};
use crate::problem::Problem;
use crate::profile::Profile;
use crate::secret::Secret;

/// Shortest root secret in staging and production, in bytes.
const SECRET_BYTES: usize = 32;

/// Who may make an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anyone.
    #[default]
    Open,
    /// Who holds an invitation.
    Invite,
    /// No one: accounts are made by administrators.
    Closed,
}

/// Secrets, tokens and passwords.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SecurityConfig {
    /// Root secret: signing, cookie and cursor keys are derived from it. Staging and production
    /// need one of at least 32 bytes (`tenantry secret generate`); elsewhere one is made and kept
    /// in the data folder.
    pub secret: Option<Secret>,
    /// How access tokens are signed where `keys` is empty; else that of its first key.
    pub algorithm: Algorithm,
    /// Keys of access tokens as a list of tables: `kid`, `algorithm`, and `secret` (HS256) or
    /// `private_key_file` or `public_key_file` (EdDSA, RS256). The first signs, the others still
    /// verify. Empty: a key derived from the root secret.
    pub keys: Vec<SigningKey>,
    /// Life of an access token, in minutes.
    #[schemars(range(min = 1, max = 1440))]
    pub access_token_minutes: u64,
    /// Life of an unused refresh token, in days.
    #[schemars(range(min = 1, max = 365))]
    pub refresh_token_days: u64,
    /// Seconds in which a used refresh token gives the same successor again, for lost answers.
    #[schemars(range(max = 300))]
    pub refresh_grace_seconds: u64,
    /// Issuer written into tokens and asked of them; `http.public_url` where that is given.
    #[schemars(length(min = 1))]
    pub issuer: String,
    /// Audience written into tokens and asked of them.
    #[schemars(length(min = 1))]
    pub audience: String,
    /// Who may make an account.
    pub registration: Registration,
    /// Whether an e-mail address must be proven before its account is used; needs mail.
    pub verify_email: bool,
    /// Key mixed into the stored hashes of refresh tokens. Changing it ends all sessions.
    pub refresh_token_pepper: Option<Secret>,
    /// Shortest password, in characters. NIST SP 800-63B asks for 8 at least, 15 where the
    /// password is the only factor, and that 64 are possible.
    #[schemars(range(min = 8, max = 64))]
    pub password_min_length: usize,
    /// The cost of a password's Argon2id hash. Outside the profile testing it must reach a minimum
    /// of the OWASP Password Storage Cheat Sheet: 47104 KiB and 1 iteration, 19456 and 2, 12288
    /// and 3, 9216 and 4, or 7168 and 5.
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
    /// Refuses, in staging and production, a missing or short root secret; everywhere, keys that
    /// contradict each other and hashes that are too cheap.
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
                "missing, and the profile {profile} has no default; make one with \
                 `tenantry secret generate` and give it as TENANTRY_SECURITY__SECRET"
            ),
            Some(secret) if secret.len() < SECRET_BYTES => format!(
                "has {} bytes, at least {SECRET_BYTES} are needed; \
                 make one with `tenantry secret generate`",
                secret.len()
            ),
            Some(_) => return Ok(()),
        };
        Err(Problem::new("security.secret", reason))
    }

    fn validate_keys(&self, profile: Profile) -> Result<(), Problem> {
        let refuse = |reason: String| Err(Problem::new("security.keys", reason));
        let Some(first) = self.keys.first() else {
            if self.algorithm == Algorithm::RS256 {
                let reason = "RS256 needs a private key in security.keys";
                return Err(Problem::new("security.algorithm", reason));
            }
            return Ok(());
        };
        if first.algorithm() != self.algorithm {
            let (asked, given) = (self.algorithm.name(), first.algorithm().name());
            let reason =
                format!("{asked}, but the first of security.keys, which signs, is {given}");
            return Err(Problem::new("security.algorithm", reason));
        }
        if !first.can_sign() {
            return refuse(format!("key {:?}: the first key must sign", first.kid()));
        }
        let mut kids = BTreeSet::new();
        for key in &self.keys {
            if !kids.insert(key.kid()) {
                return refuse(format!("key {:?} is given twice", key.kid()));
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
    use crate::sections::{KeyPair, SharedKey};

    fn problem(security: &SecurityConfig, profile: Profile) -> String {
        let result = security.validate(profile);
        result.map_or_else(|problem| problem.to_string(), |()| "fine".to_owned())
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
    fn strict_profiles_need_a_long_secret_of_their_own() {
        let mut security = SecurityConfig::default();
        assert_eq!(problem(&security, Profile::Development), "fine");
        assert!(problem(&security, Profile::Production).contains("`tenantry secret generate`"));
        security.secret = Some(Secret::new("x".repeat(31)));
        assert!(problem(&security, Profile::Staging).contains("has 31 bytes"));
        security.secret = Some(Secret::new("x".repeat(32)));
        assert_eq!(problem(&security, Profile::Production), "fine");
    }

    #[test]
    fn keys_must_agree_with_each_other() {
        let development = Profile::Development;
        let twice = vec![shared("a", "s"), shared("a", "t")];
        let security = with_keys(Algorithm::HS256, twice);
        assert!(problem(&security, development).contains("\"a\" is given twice"));

        let security = with_keys(Algorithm::EdDSA, vec![shared("a", "s")]);
        assert!(problem(&security, development).contains("which signs, is HS256"));

        let public = SigningKey::EdDSA(KeyPair {
            kid: "p".to_owned(),
            private_key_file: None,
            public_key_file: Some(PathBuf::from("p.pem")),
        });
        let security = with_keys(Algorithm::EdDSA, vec![public]);
        assert!(problem(&security, development).contains("the first key must sign"));
        let security = with_keys(Algorithm::RS256, Vec::new());
        assert!(problem(&security, development).contains("RS256 needs a private key"));
    }

    #[test]
    fn short_shared_secrets_are_for_development() {
        let mut security = with_keys(Algorithm::HS256, vec![shared("a", "short")]);
        security.secret = Some(Secret::new("x".repeat(32)));
        assert_eq!(problem(&security, Profile::Development), "fine");
        let line = problem(&security, Profile::Production);
        assert!(line.contains("at least 32 bytes") && !line.contains("short"));
    }
}
