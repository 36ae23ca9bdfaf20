//! The sections of the configuration, one file each.
//!
//! Doc comments of keys are shown to operators in `.env.example` and in the JSON Schema, bounds
//! stand in `#[schemars(…)]` and are enforced by the loader from there. `validate` holds what a
//! schema cannot say: rules over several keys, and those that depend on the profile.

#![expect(
    clippy::doc_markdown,
    reason = "operators read the doc comments of keys as plain text"
)]

mod app;
mod cache;
mod database;
mod http;
mod limits;
mod log;
mod networks;
mod password_hash;
mod security;
mod seed;
mod signing_key;
mod storage;
mod telemetry;
mod tenancy;
mod worker;

pub use app::AppConfig;
pub use cache::{CacheConfig, MemoryCacheConfig, RedisConfig};
pub use database::{
    DatabaseConfig, MongodbConfig, PostgresConfig, RowSecurityConfig, SqliteConfig,
};
pub use http::HttpConfig;
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat};
pub use password_hash::PasswordHashConfig;
pub use security::{Registration, SecurityConfig};
pub use seed::SeedConfig;
pub use signing_key::{Algorithm, KeyPair, SharedKey, SigningKey};
pub use storage::{
    AzureStorageConfig, GcsStorageConfig, LocalStorageConfig, MemoryStorageConfig, S3StorageConfig,
    StorageConfig, WebdavStorageConfig,
};
pub use telemetry::TelemetryConfig;
pub use tenancy::{TenancyConfig, TenantStrategy};
pub use worker::WorkerConfig;

/// True for a DNS label in lower case: letters, digits and inner hyphens, 1 to 63 bytes.
fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// True for a host name in lower case, at most 253 bytes.
fn is_host_name(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}
