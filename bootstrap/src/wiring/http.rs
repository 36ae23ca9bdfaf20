//! The HTTP API and its server.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tenantry_application::Services;
use tenantry_config::{
    Config,
    sections::{HttpConfig, TenancyConfig, TenantStrategy},
};
use tenantry_http::{
    AdmissionOptions, HealthChecks, HttpOptions, State, TenantSelection, server::ServerOptions,
};
use tokio_util::sync::CancellationToken;

/// Returns the options of the API.
pub fn http_options(config: &Config) -> HttpOptions {
    let public_url = config.http.public_url.as_ref();
    let public_config = json!({
        "app": config.app.name,
        "registration": config.security.registration,
        "tenancy_strategy": config.tenancy.strategy,
        "max_file_bytes": config.limits.max_file_bytes(),
        "quota_bytes": config.limits.quota_bytes(),
        "password_min_length": config.security.password_min_length,
    });
    HttpOptions {
        app_name: config.app.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("TENANTRY_COMMIT").map(str::to_owned),
        https: public_url.is_some_and(|url| url.scheme() == "https"),
        base_path: public_url
            .map(|url| url.path().trim_end_matches('/').to_owned())
            .unwrap_or_default(),
        trusted_proxies: config.http.trusted_proxies.clone(),
        tenant_selection: tenant_selection(&config.tenancy),
        cors_origins: config.http.cors_origins.clone(),
        json_limit_bytes: config.limits.json_bytes(),
        admission: AdmissionOptions {
            running_requests: config.http.max_running_requests,
            hashing_threads: config.security.password_hash.threads,
        },
        public_config: public_config.as_object().cloned().unwrap_or_default(),
    }
}

fn tenant_selection(tenancy: &TenancyConfig) -> TenantSelection {
    match (&tenancy.strategy, &tenancy.main_domain) {
        (TenantStrategy::Header, _) => TenantSelection::Header,
        (TenantStrategy::Subdomain, Some(main_domain)) => TenantSelection::Subdomain {
            main_domain: main_domain.clone(),
            reserved: tenancy.reserved.clone(),
        },
        _ => TenantSelection::None,
    }
}

/// Returns the state of the API: services and health checks.
pub fn http_state(services: Arc<Services>, draining: CancellationToken) -> State {
    let store = Arc::clone(&services.store);
    let blobs = services.blobs.clone();
    let signals = Arc::clone(&services.signals);
    let health = HealthChecks::new(draining)
        .with("db", move || {
            let store = Arc::clone(&store);
            async move { store.probe().await.map_err(|_| "unreachable".to_owned()) }
        })
        .with_optional("cache", move || {
            let signals = Arc::clone(&signals);
            async move {
                let probed = signals.probe().await;
                probed.map_err(|_| {
                    "unreachable; this process works without the shared cache".to_owned()
                })
            }
        })
        .with("storage", move || {
            let blobs = blobs.clone();
            async move {
                for (name, store) in blobs.iter() {
                    store
                        .probe()
                        .await
                        .map_err(|_| format!("{name} is unreachable"))?;
                }
                Ok(())
            }
        });
    State { services, health }
}

/// Returns the options of the HTTP server.
pub fn server_options(config: &HttpConfig) -> ServerOptions {
    ServerOptions {
        max_connections: config.max_connections,
        connections_per_network: config.max_connections_per_client,
        trusted_proxies: config.trusted_proxies.clone(),
        header_timeout: Duration::from_secs(config.header_timeout_seconds),
        idle_timeout: Duration::from_secs(config.idle_timeout_seconds),
        progress_timeout: Duration::from_secs(config.body_progress_timeout_seconds),
        max_header_bytes: u32::try_from(config.header_bytes).unwrap_or(u32::MAX),
        shutdown_grace: Duration::from_secs(config.shutdown_grace_seconds),
        ..ServerOptions::default()
    }
}
