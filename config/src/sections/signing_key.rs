//! Configured keys of access tokens.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::secret::Secret;

/// A signature algorithm of access tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
pub enum Algorithm {
    /// Ed25519.
    #[default]
    EdDSA,
    /// HMAC with SHA-256, with which every verifier can also sign.
    HS256,
    /// RSA PKCS#1 v1.5 with SHA-256, for verifiers without EdDSA.
    RS256,
}

impl Algorithm {
    /// Returns the name in the header of a token (`alg`).
    pub fn name(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
            Self::RS256 => "RS256",
        }
    }
}

/// A key, selected by its `algorithm`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "algorithm")]
pub enum SigningKey {
    /// An Ed25519 key pair.
    EdDSA(KeyPair),
    /// A shared secret.
    HS256(SharedKey),
    /// An RSA key pair, of 3072 bits or more to sign, and 2048 to verify.
    RS256(KeyPair),
}

/// A secret that both signs and verifies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedKey {
    /// The id of the key in the header of a token.
    #[schemars(length(min = 1, max = 64))]
    pub kid: String,
    /// The secret, at least 32 bytes in staging and production (RFC 7518, section 3.2).
    pub secret: Secret,
}

/// A key pair in PEM files. Exactly one of the two files must be set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPair {
    /// The id of the key in the header of a token.
    #[schemars(length(min = 1, max = 64))]
    pub kid: String,
    /// The PEM file of the private key (PKCS#8), which signs and verifies.
    pub private_key_file: Option<PathBuf>,
    /// The PEM file of the public key, which only verifies.
    pub public_key_file: Option<PathBuf>,
}

impl SigningKey {
    /// Returns the id of the key in the header of a token.
    pub fn kid(&self) -> &str {
        match self {
            Self::EdDSA(pair) | Self::RS256(pair) => &pair.kid,
            Self::HS256(shared) => &shared.kid,
        }
    }

    /// Returns the signature algorithm.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::EdDSA(_) => Algorithm::EdDSA,
            Self::HS256(_) => Algorithm::HS256,
            Self::RS256(_) => Algorithm::RS256,
        }
    }

    /// Returns the file of the private key.
    pub fn private_key_file(&self) -> Option<&Path> {
        match self {
            Self::EdDSA(pair) | Self::RS256(pair) => pair.private_key_file.as_deref(),
            Self::HS256(_) => None,
        }
    }

    /// Returns whether the key can sign; a public key cannot.
    pub fn can_sign(&self) -> bool {
        matches!(self, Self::HS256(_)) || self.private_key_file().is_some()
    }

    /// Rejects a pair with no file or two, and a short secret if `strict`.
    pub(super) fn validate(&self, strict: bool) -> Result<(), Problem> {
        let reject = |reason: &str| {
            let reason = format!("key {:?}: {reason}", self.kid());
            Err(Problem::new("security.keys", reason))
        };
        match self {
            Self::HS256(shared) if strict && shared.secret.len() < 32 => {
                reject("the secret of an HS256 key needs at least 32 bytes")
            }
            Self::EdDSA(pair) | Self::RS256(pair)
                if pair.private_key_file.is_some() == pair.public_key_file.is_some() =>
            {
                reject("set either private_key_file or public_key_file")
            }
            _ => Ok(()),
        }
    }
}
