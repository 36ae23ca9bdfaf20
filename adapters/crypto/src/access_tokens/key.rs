//! Signing and verification keys.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, crypto,
    jwk::{AlgorithmParameters, Jwk, ThumbprintHash},
};
use tenantry_application::ports::{PublicKey, PublicKeyMaterial};
use thiserror::Error;

use crate::root_secret::{Purpose, RootSecret};

/// The minimum length of an RSA key that signs: 128 bits of security (NIST SP
/// 800-57), as the other algorithms have.
const SIGNING_BITS: usize = 3072;

/// The minimum length of an RSA key that only verifies the tokens of an older key.
const VERIFYING_BITS: usize = 2048;

/// A signature algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// HMAC with SHA-256. Every verifier can also sign.
    Hs256,
    /// RSA PKCS#1 v1.5 with SHA-256: 3072 bits or more to sign, 2048 to verify.
    Rs256,
}

/// A key that signs access tokens, verifies them, or both.
#[derive(Clone)]
pub struct AccessKey {
    pub(super) id: String,
    pub(super) algorithm: KeyAlgorithm,
    pub(super) private: Option<EncodingKey>,
    pub(super) verifier: DecodingKey,
    pub(super) public: Option<PublicKeyMaterial>,
}

/// The error of an unusable key.
#[derive(Debug, Error)]
#[error("cannot use access token key {key_id:?}: {reason}")]
pub struct KeyError {
    /// The key's id.
    pub key_id: String,
    /// The cause.
    pub reason: &'static str,
    #[source]
    source: Option<jsonwebtoken::errors::Error>,
}

impl KeyAlgorithm {
    pub(super) const fn jwt(self) -> Algorithm {
        match self {
            Self::EdDsa => Algorithm::EdDSA,
            Self::Hs256 => Algorithm::HS256,
            Self::Rs256 => Algorithm::RS256,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
        }
    }
}

impl AccessKey {
    /// Derives a key and its id from the root secret. RSA keys cannot be
    /// derived.
    pub fn derived(algorithm: KeyAlgorithm, root: &RootSecret) -> Result<Self, KeyError> {
        let seed = root.derive(Purpose::AccessToken);
        match algorithm {
            KeyAlgorithm::EdDsa => {
                let failed = || KeyError::new("derived", "derivation from the root secret failed");
                let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| failed())?;
                let private = pair.to_pkcs8v1().map_err(|_| failed())?;
                let mut key = Self::ed25519("derived", EncodingKey::from_ed_der(private.as_ref()))?;
                key.id = thumbprint(&key.verifier)?;
                Ok(key)
            }
            KeyAlgorithm::Hs256 => {
                let id = root.derive(Purpose::AccessTokenKeyId);
                let id = URL_SAFE_NO_PAD.encode(id);
                Ok(Self::shared(&id, &seed))
            }
            KeyAlgorithm::Rs256 => Err(KeyError::new("derived", "RS256 needs a private key")),
        }
    }

    /// Creates an HS256 key from a shared secret, which should have at least 32
    /// bytes (RFC 7518, section 3.2).
    pub fn shared(key_id: &str, secret: &[u8]) -> Self {
        Self {
            id: key_id.to_owned(),
            algorithm: KeyAlgorithm::Hs256,
            private: Some(EncodingKey::from_secret(secret)),
            verifier: DecodingKey::from_secret(secret),
            public: None,
        }
    }

    /// Parses a private key in PEM: PKCS#8, for RSA also PKCS#1.
    pub fn from_private_pem(
        key_id: &str,
        algorithm: KeyAlgorithm,
        pem: &[u8],
    ) -> Result<Self, KeyError> {
        match algorithm {
            KeyAlgorithm::EdDsa => {
                let private = EncodingKey::from_ed_pem(pem).map_err(|e| {
                    KeyError::new(key_id, "not an Ed25519 private key in PEM").caused_by(e)
                })?;
                Self::ed25519(key_id, private)
            }
            KeyAlgorithm::Rs256 => {
                let invalid =
                    |e| KeyError::new(key_id, "not an RSA private key in PEM").caused_by(e);
                let private = EncodingKey::from_rsa_pem(pem).map_err(invalid)?;
                let jwk = Jwk::from_encoding_key(&private, algorithm.jwt()).map_err(invalid)?;
                let key = Self::from_jwk(key_id, algorithm, &jwk)?;
                if key.public.as_ref().map_or(0, rsa_bits) < SIGNING_BITS {
                    let reason = "an RSA key that signs needs at least 3072 bits";
                    return Err(KeyError::new(key_id, reason));
                }
                key.with_private(private)
            }
            KeyAlgorithm::Hs256 => Err(KeyError::new(key_id, "HS256 has no private key")),
        }
    }

    /// Parses a public key in PEM, which verifies but cannot sign.
    pub fn from_public_pem(
        key_id: &str,
        algorithm: KeyAlgorithm,
        pem: &[u8],
    ) -> Result<Self, KeyError> {
        let key = match algorithm {
            KeyAlgorithm::EdDsa => DecodingKey::from_ed_pem(pem),
            KeyAlgorithm::Rs256 => DecodingKey::from_rsa_pem(pem),
            KeyAlgorithm::Hs256 => return Err(KeyError::new(key_id, "HS256 has no public key")),
        };
        let jwk = key
            .and_then(|key| Jwk::from_decoding_key(&key, Some(algorithm.jwt())))
            .map_err(|e| {
                KeyError::new(key_id, "not a public key of this algorithm in PEM").caused_by(e)
            })?;
        Self::from_jwk(key_id, algorithm, &jwk)
    }

    fn ed25519(key_id: &str, private: EncodingKey) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(private.as_bytes())
            .map_err(|_| KeyError::new(key_id, "not an Ed25519 private key"))?;
        let public = pair.public_key().as_ref();
        let key = Self {
            id: key_id.to_owned(),
            algorithm: KeyAlgorithm::EdDsa,
            private: None,
            verifier: DecodingKey::from_ed_der(public),
            public: Some(PublicKeyMaterial::Ed25519 {
                x: URL_SAFE_NO_PAD.encode(public),
            }),
        };
        key.with_private(private)
    }

    /// Reads a public key of type RSA or Ed25519.
    pub(super) fn from_jwk(
        key_id: &str,
        algorithm: KeyAlgorithm,
        jwk: &Jwk,
    ) -> Result<Self, KeyError> {
        let material = match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => PublicKeyMaterial::Rsa {
                n: rsa.n.clone(),
                e: rsa.e.clone(),
            },
            AlgorithmParameters::OctetKeyPair(pair) => {
                PublicKeyMaterial::Ed25519 { x: pair.x.clone() }
            }
            _ => return Err(KeyError::new(key_id, "unsupported key type")),
        };
        let is_rsa = matches!(material, PublicKeyMaterial::Rsa { .. });
        if is_rsa && rsa_bits(&material) < VERIFYING_BITS {
            return Err(KeyError::new(key_id, "an RSA key needs at least 2048 bits"));
        }
        let verifier = DecodingKey::from_jwk(jwk)
            .map_err(|e| KeyError::new(key_id, "not a valid public key").caused_by(e))?;
        Ok(Self {
            id: key_id.to_owned(),
            algorithm,
            private: None,
            verifier,
            public: Some(material),
        })
    }

    /// Adds the private key after a trial signature, so that a mismatch fails at
    /// start instead of at the first sign-in.
    fn with_private(mut self, private: EncodingKey) -> Result<Self, KeyError> {
        let algorithm = self.algorithm.jwt();
        let matches = crypto::sign(b"trial", &private, algorithm)
            .and_then(|signature| crypto::verify(&signature, b"trial", &self.verifier, algorithm))
            .map_err(|e| KeyError::new(&self.id, "signing failed").caused_by(e))?;
        if !matches {
            return Err(KeyError::new(
                &self.id,
                "private and public key do not match",
            ));
        }
        self.private = Some(private);
        Ok(self)
    }

    pub(super) fn public_key(&self) -> Option<PublicKey> {
        self.public.as_ref().map(|material| PublicKey {
            key_id: self.id.clone(),
            algorithm: self.algorithm.name(),
            material: material.clone(),
        })
    }
}

/// Returns the number of bits of an RSA key, to the byte, or 0 for others.
fn rsa_bits(material: &PublicKeyMaterial) -> usize {
    match material {
        PublicKeyMaterial::Rsa { n, .. } => URL_SAFE_NO_PAD.decode(n).map_or(0, |n| n.len() * 8),
        PublicKeyMaterial::Ed25519 { .. } => 0,
    }
}

/// Returns the JWK thumbprint (RFC 7638).
fn thumbprint(key: &DecodingKey) -> Result<String, KeyError> {
    Jwk::from_decoding_key(key, None)
        .and_then(|jwk| jwk.thumbprint(ThumbprintHash::SHA256))
        .map_err(|e| KeyError::new("derived", "computing the thumbprint failed").caused_by(e))
}

impl KeyError {
    pub(super) fn new(key_id: &str, reason: &'static str) -> Self {
        Self {
            key_id: key_id.to_owned(),
            reason,
            source: None,
        }
    }

    fn caused_by(mut self, source: jsonwebtoken::errors::Error) -> Self {
        self.source = Some(source);
        self
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKey({:?}, {})", self.id, self.algorithm.name())
    }
}
