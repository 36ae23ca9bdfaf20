//! The access tokens.

use std::{path::Path, sync::Arc};

use tenantry_application::ports::AccessTokens;
use tenantry_config::sections::{Algorithm, KeyPair, SecurityConfig, SigningKey};
use tenantry_crypto::{
    AccessKey, AccessTokenOptions, JwtAccessTokens, KeyAlgorithm, KeyError, RootSecret,
};

use crate::error::StartError;

/// The number of verified tokens in the cache, about 150 bytes each.
const CACHED_TOKENS: usize = 20_000;

/// Returns access tokens with the configured keys, or with a key derived from
/// the root secret. The first key signs.
pub(super) fn access_tokens_from_config(
    config: &SecurityConfig,
    root: &RootSecret,
) -> Result<Arc<dyn AccessTokens>, StartError> {
    let keys = if config.keys.is_empty() {
        vec![AccessKey::derived(algorithm(config.algorithm), root).map_err(|e| key_error(&e))?]
    } else {
        config.keys.iter().map(key).collect::<Result<_, _>>()?
    };
    let options = AccessTokenOptions {
        issuer: config.issuer.clone(),
        audience: config.audience.clone(),
        cached_tokens: CACHED_TOKENS,
    };
    Ok(Arc::new(
        JwtAccessTokens::new(keys, options).map_err(|e| key_error(&e))?,
    ))
}

fn key(key: &SigningKey) -> Result<AccessKey, StartError> {
    match key {
        SigningKey::HS256(shared) => Ok(AccessKey::shared(
            &shared.kid,
            shared.secret.expose().as_bytes(),
        )),
        SigningKey::EdDSA(pair) => from_files(pair, KeyAlgorithm::EdDsa),
        SigningKey::RS256(pair) => from_files(pair, KeyAlgorithm::Rs256),
    }
}

fn from_files(pair: &KeyPair, algorithm: KeyAlgorithm) -> Result<AccessKey, StartError> {
    if let Some(path) = &pair.private_key_file {
        AccessKey::from_private_pem(&pair.kid, algorithm, read(path)?.as_bytes())
            .map_err(|e| key_error(&e))
    } else if let Some(path) = &pair.public_key_file {
        AccessKey::from_public_pem(&pair.kid, algorithm, read(path)?.as_bytes())
            .map_err(|e| key_error(&e))
    } else {
        Err(StartError::setting(
            "security.keys",
            format!("key {} has no file", pair.kid),
        ))
    }
}

fn read(path: &Path) -> Result<String, StartError> {
    tenantry_config::read_text(path)
        .map_err(|e| StartError::io(format!("cannot read the key {}", path.display()), e))
}

fn algorithm(algorithm: Algorithm) -> KeyAlgorithm {
    match algorithm {
        Algorithm::EdDSA => KeyAlgorithm::EdDsa,
        Algorithm::HS256 => KeyAlgorithm::Hs256,
        Algorithm::RS256 => KeyAlgorithm::Rs256,
    }
}

fn key_error(error: &KeyError) -> StartError {
    StartError::setting("security.keys", error.to_string())
}
