//! Selects the adapter of each port by the configuration: one short function
//! per port, each in its own file.
//!
//! A new provider takes one variant in `tenantry-config` and one arm here.

mod access_tokens;
mod blob_store;
mod cache;
mod clock;
mod database_options;
mod http;
mod password_hasher;
mod platform_store;
mod rate_limiter;
mod retry;
mod settings;
mod signals;
mod storage_options;
mod worker;

use std::sync::Arc;

use tenantry_application::{
    AnnouncingStore, Services,
    contention::Contention,
    ports::{Clock, Seals},
};
use tenantry_config::Config;
use tenantry_crypto::{DerivedRefreshTokens, RootSecret, SecretSeals, SignedCursors};
use tenantry_media::MagicTypeDetector;
use tenantry_memory::MemoryAccessCache;

pub use self::{
    clock::clock,
    http::{http_options, http_state, server_options},
    platform_store::{Metadata, metadata_from_config},
    worker::worker_options,
};
use crate::error::StartError;

/// The number of sessions with cached grants, about 200 bytes each.
const CACHED_SESSIONS: usize = 20_000;

/// Returns the adapters of all ports, using an open metadata store.
pub async fn services_from_config(
    config: &Config,
    root: &RootSecret,
    metadata: &Metadata,
    clock: Arc<dyn Clock>,
) -> Result<Services, StartError> {
    reject_unsupported(config)?;
    let ids = clock::ids();
    let cache = cache::cache_from_config(&config.cache, &ids).await?;
    let signals = signals::signals_from_config(&cache, &ids);
    let store = Arc::new(AnnouncingStore::new(
        metadata.store(),
        Arc::clone(&signals),
        Arc::clone(&clock),
        Arc::clone(&ids),
    ));
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
        contention: Contention::default(),
        settings: settings::settings_from_config(config),
        clock,
        ids,
    })
}

fn reject_unsupported(config: &Config) -> Result<(), StartError> {
    if config.security.verify_email {
        return Err(StartError::setting(
            "security.verify_email",
            "requires mail, which this version does not support; set it to false",
        ));
    }
    Ok(())
}
