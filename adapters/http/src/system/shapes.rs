//! What the system operations answer.

use std::collections::BTreeMap;

use poem_openapi::{ApiResponse, Enum, Object};
use tenantry_application::ports::{PublicKey, PublicKeyMaterial};

use crate::payload::Json;

/// Whether something can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub(super) enum Status {
    Healthy,
    /// It works, without a part that it can do without.
    Degraded,
    Unhealthy,
}

/// How the service is.
#[derive(Debug, Object)]
pub(super) struct Health {
    /// Unhealthy when a part is that the service cannot do without, or when it is about to stop;
    /// degraded when another part is.
    pub(super) status: Status,
    /// The installation's name.
    #[oai(validator(max_length = 64))]
    pub(super) app: String,
    /// Its version.
    #[oai(validator(max_length = 64))]
    pub(super) version: String,
    /// The parts it depends on, by name.
    #[oai(validator(max_properties = 16))]
    pub(super) checks: BTreeMap<String, CheckResult>,
}

/// How one part is.
#[derive(Debug, Object)]
pub(super) struct CheckResult {
    /// Whether it can be used.
    pub(super) status: Status,
    /// Why not, in a few words.
    #[oai(skip_serializing_if_is_none, validator(max_length = 256))]
    pub(super) reason: Option<String>,
}

impl From<Result<(), String>> for CheckResult {
    fn from(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self {
                status: Status::Healthy,
                reason: None,
            },
            Err(reason) => Self {
                status: Status::Unhealthy,
                reason: Some(reason),
            },
        }
    }
}

/// The answer to a question about health.
#[derive(ApiResponse)]
pub(super) enum HealthResponse {
    /// Everything that is needed can be used.
    #[oai(status = 200)]
    Healthy(Json<Health>),
    /// Something cannot be used at the moment, or the service is about to stop.
    #[oai(status = 503)]
    Unhealthy(
        Json<Health>,
        /// Seconds until it is worth asking again.
        #[oai(header = "Retry-After")]
        u32,
    ),
}

/// What is running.
#[derive(Debug, Object)]
pub(super) struct Version {
    /// The service's version.
    #[oai(validator(max_length = 64))]
    pub(super) version: String,
    /// The commit it was built from, where that is known.
    #[oai(skip_serializing_if_is_none, validator(max_length = 64))]
    pub(super) commit: Option<String>,
}

/// A JSON Web Key Set (RFC 7517).
#[derive(Debug, Object)]
pub(super) struct KeySet {
    /// The keys; none where tokens are signed with a shared secret.
    #[oai(validator(max_items = 32))]
    pub(super) keys: Vec<Key>,
}

/// A public key that access tokens are verified with.
#[derive(Debug, Object)]
#[oai(rename = "JsonWebKey", skip_serializing_if_is_none)]
pub(super) struct Key {
    /// Its kind: `OKP` or `RSA`.
    #[oai(validator(max_length = 8))]
    kty: String,
    /// What it is for: always `sig`.
    #[oai(rename = "use", validator(max_length = 8))]
    usage: String,
    /// Its name, as in a token's header.
    #[oai(validator(max_length = 128))]
    kid: String,
    /// Its algorithm: `EdDSA` or `RS256`.
    #[oai(validator(max_length = 16))]
    alg: String,
    /// The curve of an OKP key.
    #[oai(validator(max_length = 16))]
    crv: Option<String>,
    /// The point of an OKP key, in base64url.
    #[oai(validator(max_length = 64))]
    x: Option<String>,
    /// The modulus of an RSA key, in base64url.
    #[oai(validator(max_length = 2048))]
    n: Option<String>,
    /// The exponent of an RSA key, in base64url.
    #[oai(validator(max_length = 16))]
    e: Option<String>,
}

impl From<PublicKey> for Key {
    fn from(key: PublicKey) -> Self {
        let (kty, crv, x, n, e) = match key.material {
            PublicKeyMaterial::Ed25519 { x } => ("OKP", Some("Ed25519"), Some(x), None, None),
            PublicKeyMaterial::Rsa { n, e } => ("RSA", None, None, Some(n), Some(e)),
        };
        Self {
            kty: kty.to_owned(),
            usage: "sig".to_owned(),
            kid: key.key_id,
            alg: key.algorithm.to_owned(),
            crv: crv.map(str::to_owned),
            x,
            n,
            e,
        }
    }
}
