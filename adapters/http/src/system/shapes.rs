//! The representations of the system operations.

use poem_openapi::{ApiResponse, Enum, Object};
use tenantry_application::ports::{PublicKey, PublicKeyMaterial};

use crate::{
    payload::Json,
    types::{Map, Text},
};

/// A health status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "lowercase")]
pub(super) enum Status {
    /// All dependencies work.
    Healthy,
    /// An optional dependency fails.
    Degraded,
    /// A required dependency fails, or the service is shutting down.
    Unhealthy,
}

/// The health of the service.
#[derive(Debug, Object)]
pub(super) struct Health {
    /// `unhealthy` if a required dependency fails or the service is shutting down,
    /// `degraded` if an optional dependency fails.
    pub(super) status: Status,
    /// The installation's name.
    pub(super) app: Text<64>,
    /// The version of the service.
    pub(super) version: Text<64>,
    /// The dependencies, by name.
    pub(super) checks: Map<CheckResult, 16>,
}

/// The health of one dependency.
#[derive(Debug, Object)]
pub(super) struct CheckResult {
    /// The status of the dependency.
    pub(super) status: Status,
    /// The reason if it is not healthy.
    #[oai(skip_serializing_if_is_none)]
    pub(super) reason: Option<Text<256>>,
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
                reason: Some(reason.into()),
            },
        }
    }
}

/// The response of a health check.
#[derive(ApiResponse)]
pub(super) enum HealthResponse {
    /// All required dependencies work.
    #[oai(status = 200)]
    Healthy(Json<Health>),
    /// A required dependency fails, or the service is shutting down.
    #[oai(status = 503)]
    Unhealthy(
        Json<Health>,
        /// The number of seconds after which to retry.
        #[oai(header = "Retry-After")]
        u32,
    ),
}

/// The version of the service.
#[derive(Debug, Object)]
pub(super) struct Version {
    /// The version.
    pub(super) version: Text<64>,
    /// The commit of the build, if known.
    #[oai(skip_serializing_if_is_none)]
    pub(super) commit: Option<Text<64>>,
}

/// A JSON Web Key Set (RFC 7517).
#[derive(Debug, Object)]
pub(super) struct KeySet {
    /// The keys; empty if tokens are signed with a shared secret.
    #[oai(validator(max_items = 32))]
    pub(super) keys: Vec<Key>,
}

/// A public key that verifies access tokens.
#[derive(Debug, Object)]
#[oai(rename = "JsonWebKey", skip_serializing_if_is_none)]
pub(super) struct Key {
    /// The key type: `OKP` or `RSA`.
    kty: Text<8>,
    /// The use of the key: always `sig`.
    #[oai(rename = "use")]
    usage: Text<8>,
    /// The key id, as in the header of a token.
    kid: Text<128>,
    /// The algorithm: `EdDSA` or `RS256`.
    alg: Text<16>,
    /// The curve of an OKP key.
    crv: Option<Text<16>>,
    /// The point of an OKP key, in base64url.
    x: Option<Text<64>>,
    /// The modulus of an RSA key, in base64url.
    n: Option<Text<2048>>,
    /// The exponent of an RSA key, in base64url.
    e: Option<Text<16>>,
}

impl From<PublicKey> for Key {
    fn from(key: PublicKey) -> Self {
        let (kty, crv, x, n, e) = match key.material {
            PublicKeyMaterial::Ed25519 { x } => ("OKP", Some("Ed25519"), Some(x), None, None),
            PublicKeyMaterial::Rsa { n, e } => ("RSA", None, None, Some(n), Some(e)),
        };
        Self {
            kty: Text::of(kty),
            usage: Text::of("sig"),
            kid: key.key_id.into(),
            alg: Text::of(key.algorithm),
            crv: crv.map(Text::of),
            x: x.map(Text::from),
            n: n.map(Text::from),
            e: e.map(Text::from),
        }
    }
}
