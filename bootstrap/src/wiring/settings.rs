//! The settings of use cases.

use std::time::Duration;

use tenantry_application::services::{Registration, Settings};
use tenantry_config::{
    Config,
    sections::{Registration as RegistrationConfig, TenantStrategy},
};

/// Returns the settings of use cases.
pub(super) fn settings_from_config(config: &Config) -> Settings {
    let security = &config.security;
    let public_url = config.http.public_url.as_ref();
    Settings {
        app_name: config.app.name.clone(),
        public_url: public_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
        access_token_lifetime: Duration::from_secs(security.access_token_minutes * 60),
        refresh_token_lifetime: days(security.refresh_token_days),
        session_lifetime: days(security.session_days),
        max_sessions: security.max_sessions,
        refresh_grace: Duration::from_secs(security.refresh_grace_seconds),
        registration: match security.registration {
            RegistrationConfig::Open => Registration::Open,
            RegistrationConfig::Invite => Registration::Invite,
            RegistrationConfig::Closed => Registration::Closed,
        },
        single_tenant: matches!(config.tenancy.strategy, TenantStrategy::None),
        password_min_chars: security.password_min_length,
        reserved_subdomains: config.tenancy.reserved.clone(),
        max_file_bytes: config.limits.max_file_bytes(),
        quota_bytes: config.limits.quota_bytes(),
        max_versions: config.limits.max_versions,
        upload_heartbeat: Duration::from_secs(config.worker.upload_heartbeat_seconds),
        upload_timeout: Duration::from_secs(config.worker.upload_timeout_seconds),
        upload_grace: Duration::from_secs(config.worker.upload_grace_seconds),
    }
}

fn days(count: u64) -> Duration {
    Duration::from_hours(count.saturating_mul(24))
}
