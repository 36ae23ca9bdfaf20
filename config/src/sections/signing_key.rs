//! Keys of access tokens that are given rather than derived from the root secret.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::secret::Secret;

/// How access tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
pub enum Algorithm {
    /// Ed25519.
    #[default]
    EdDSA,
    /// HMAC with SHA-256: every verifier can also sign.
    HS256,
    /// RSA PKCS#1 v1.5 with SHA-256, for verifiers that know nothing newer.
    RS256,
}

impl Algorithm {
    /// The name in the header of a token.
    pub fn name(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
            Self::RS256 => "RS256",
        }
    }
}

/// One key, told apart by its `algorithm`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "algorithm")]
pub enum SigningKey {
    /// An Ed25519 key pair.
    EdDSA(KeyPair),
    /// A shared secret.
    HS256(SharedKey),
    /// An RSA key pair.
    RS256(KeyPair),
}

/// A secret that both signs and verifies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedKey {
    /// Name of the key in the header of a token.
    #[schemars(length(min = 1, max = 64))]
    pub kid: String,
    /// The secret; at least 32 bytes in staging and production (RFC 7518, 3.2).
    pub secret: Secret,
}

/// A key pair in PEM files; exactly one of the two is given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPair {
    /// Name of the key in the header of a token.
    #[schemars(length(min = 1, max = 64))]
    pub kid: String,
    /// PEM file of the private key (PKCS#8): signs, and verifies by its public half.
    pub private_key_file: Option<PathBuf>,
    /// PEM file of the public key: verifies only.
    pub public_key_file: Option<PathBuf>,
}

impl SigningKey {
    /// Name of the key in the header of a token.
    pub fn kid(&self) -> &str {
        match self {
            Self::EdDSA(pair) | Self::RS256(pair) => &pair.kid,
            Self::HS256(shared) => &shared.kid,
        }
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::EdDSA(_) => Algorithm::EdDSA,
            Self::HS256(_) => Algorithm::HS256,
            Self::RS256(_) => Algorithm::RS256,
        }
    }

    /// The file of the private key, where there is one.
    pub fn private_key_file(&self) -> Option<&Path> {
        match self {
            Self::EdDSA(pair) | Self::RS256(pair) => pair.private_key_file.as_deref(),
            Self::HS256(_) => None,
        }
    }

    /// False for a public key alone.
    pub fn can_sign(&self) -> bool {
        matches!(self, Self::HS256(_)) || self.private_key_file().is_some()
    }

    /// Refuses a pair without a file or with two, and a short secret where `strict`.
    pub(super) fn validate(&self, strict: bool) -> Result<(), Problem> {
        let refuse = |reason: &str| {
            let reason = format!("key {:?}: {reason}", self.kid());
            Err(Problem::new("security.keys", reason))
        };
        match self {
            Self::HS256(shared) if strict && shared.secret.len() < 32 => {
                refuse("the secret of an HS256 key needs at least 32 bytes")
            }
            Self::EdDSA(pair) | Self::RS256(pair)
                if pair.private_key_file.is_some() == pair.public_key_file.is_some() =>
            {
                refuse("give either private_key_file or public_key_file")
            }
            _ => Ok(()),
        }
    }
}
