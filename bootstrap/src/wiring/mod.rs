//! Which adapter serves which port: the one place that reads providers from
//! the configuration. One short function a port, each in a file of its own.
//!
//! A new provider is one variant in `tenantry-config` and one arm here.

mod access_tokens;
mod blob_store;
mod cache;
mod clock;
mod http;
mod password_hasher;
mod patience;
mod platform_store;
mod rate_limiter;
mod settings;
mod signals;
mod worker;

use std::sync::Arc;

use tenantry_application::{AnnouncingStore, Services, ports::Seals};
use tenantry_config::Config;
use tenantry_crypto::{DerivedRefreshTokens, RootSecret, SecretSeals, SignedCursors};
use tenantry_media::MagicTypeDetector;
use tenantry_memory::MemoryAccessCache;

pub use self::{
    http::{http_options, http_state, server_options},
    platform_store::{Metadata, metadata_from_config},
    worker::worker_options,
};
use crate::error::StartError;

/// Sessions whose grants are kept close: some 200 bytes each.
const CACHED_SESSIONS: usize = 20_000;

/// Every port wired as configured, on an open metadata store.
pub async fn services_from_config(
    config: &Config,
    root: &RootSecret,
    metadata: &Metadata,
) -> Result<Services, StartError> {
    refuse_unavailable(config)?;
    let clock = clock::clock();
    let ids = clock::ids();
    let cache = cache::cache_from_config(&config.cache, &ids).await?;
    let signals = signals::signals_from_config(&cache, &ids);
    let store = Arc::new(AnnouncingStore::new(metadata.store(), Arc::clone(&signals)));
    let blobs = blob_store::blobs_from_config(config, store.as_ref(), &clock, &ids).await?;
    let seals: Arc<dyn Seals> = Arc::new(SecretSeals::new(root));
    let rates = rate_limiter::rate_limiter_from_config(config, &cache, &seals, &clock);
    Ok(Services {
        store,
        blobs,
        access_cache: Arc::new(MemoryAccessCache::new(CACHED_SESSIONS)),
        passwords: password_hasher::password_hasher_from_config(&config.security)?,
        access_tokens: access_tokens::access_tokens_from_config(&config.security, root)?,
        refresh_tokens: Arc::new(DerivedRefreshTokens::new(
            root,
            config
                .security
                .refresh_token_pepper
                .as_ref()
                .map(|pepper| pepper.expose().as_bytes()),
        )),
        seals,
        cursors: Arc::new(SignedCursors::new(root)),
        types: Arc::new(MagicTypeDetector),
        rates,
        signals,
        settings: settings::settings_from_config(config),
        clock,
        ids,
    })
}

fn refuse_unavailable(config: &Config) -> Result<(), StartError> {
    if config.security.verify_email {
        return Err(StartError::setting(
            "security.verify_email",
            "needs mail, which this version cannot send",
        ));
    }
    Ok(())
}
