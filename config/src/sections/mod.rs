//! The sections of the configuration, one per file.
//!
//! The doc comments of keys appear in `.env.example` and in the JSON Schema. Bounds are declared in
//! `#[schemars(…)]` and enforced by the loader. `validate` checks rules that a schema cannot
//! express: those across several keys, and those that depend on the profile.

#![expect(
    clippy::doc_markdown,
    reason = "operators read the doc comments of keys as plain text"
)]

mod app;
mod cache;
mod database;
mod host_name;
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
