//! Health, version, public configuration and public keys of the service.

mod health;
mod shapes;

use std::{collections::BTreeMap, sync::Arc};

use poem_openapi::{OpenApi, payload::Response, types::Any};
use serde_json::Value;
use tenantry_application::ports::AccessTokens;

use crate::{
    options::HttpOptions,
    payload::Json,
    problem::Problem,
    tag::Tag,
    types::{Map, Text},
};

use shapes::{CheckResult, Health, HealthResponse, Key, KeySet, Status, Version};

pub use health::HealthChecks;

/// The public settings by name.
type PublicConfig = Map<Any<Value>, 1000>;

/// The `Retry-After` of an unhealthy service, in seconds.
const RETRY_SECONDS: u32 = 2;

/// The resource that describes the service itself.
pub(crate) struct System {
    app: String,
    version: String,
    commit: Option<String>,
    config: PublicConfig,
    health: HealthChecks,
    tokens: Arc<dyn AccessTokens>,
}

impl System {
    /// Creates the resource.
    pub(crate) fn new(
        options: &HttpOptions,
        health: HealthChecks,
        tokens: Arc<dyn AccessTokens>,
    ) -> Self {
        let config = options.public_config.iter();
        Self {
            app: options.app_name.clone(),
            version: options.version.clone(),
            commit: options.commit.clone(),
            config: Map(config.map(|(k, v)| (k.clone(), Any(v.clone()))).collect()),
            health,
            tokens,
        }
    }

    fn response(&self, status: Status, checks: BTreeMap<String, CheckResult>) -> HealthResponse {
        let health = Json(self.health_body(status, checks));
        match status {
            Status::Healthy | Status::Degraded => HealthResponse::Healthy(health),
            Status::Unhealthy => HealthResponse::Unhealthy(health, RETRY_SECONDS),
        }
    }

    fn health_body(&self, status: Status, checks: BTreeMap<String, CheckResult>) -> Health {
        Health {
            status,
            app: Text::of(&self.app),
            version: Text::of(&self.version),
            checks: Map(checks),
        }
    }

    async fn all(&self) -> HealthResponse {
        let outcomes = self.health.all().await;
        let fails = |is_required| {
            let mut outcomes = outcomes.iter();
            outcomes.any(|check| check.result.is_err() && check.is_required == is_required)
        };
        let status = if self.health.is_draining() || fails(true) {
            Status::Unhealthy
        } else if fails(false) {
            Status::Degraded
        } else {
            Status::Healthy
        };
        let checks = outcomes.into_iter();
        let checks = checks.map(|check| (check.name.to_owned(), check.result.into()));
        self.response(status, checks.collect())
    }

    /// Runs one check; a dependency that is not configured is healthy.
    async fn one(&self, name: &str) -> HealthResponse {
        let result = self.health.one(name).await;
        let status = match result {
            Some(Err(_)) => Status::Unhealthy,
            Some(Ok(())) | None => Status::Healthy,
        };
        let checks = result.map(|result| (name.to_owned(), result.into()));
        self.response(status, checks.into_iter().collect())
    }
}

#[expect(clippy::unused_async, reason = "handlers are async")]
#[OpenApi(tag = "Tag::System")]
impl System {
    /// Get the health of the service
    ///
    /// Checks every dependency; results are cached for a fraction of a second.
    /// Responds 503 if a required dependency fails or the service is shutting
    /// down.
    #[oai(path = "/health", method = "get", operation_id = "get_health")]
    async fn get_health(&self) -> Result<HealthResponse, Problem> {
        Ok(self.all().await)
    }

    /// Get the liveness of the process
    ///
    /// Checks no dependency: a process that responds is alive.
    #[oai(path = "/health/live", method = "get", operation_id = "get_liveness")]
    async fn get_liveness(&self) -> Result<Json<Health>, Problem> {
        Ok(Json(self.health_body(Status::Healthy, BTreeMap::new())))
    }

    /// Get the readiness of the service
    ///
    /// Responds 503 while a required dependency fails and once the service is
    /// shutting down.
    #[oai(path = "/health/ready", method = "get", operation_id = "get_readiness")]
    async fn get_readiness(&self) -> Result<HealthResponse, Problem> {
        Ok(self.all().await)
    }

    /// Get the health of the database
    ///
    /// Checks the metadata store.
    #[oai(
        path = "/health/db",
        method = "get",
        operation_id = "get_database_health"
    )]
    async fn get_database_health(&self) -> Result<HealthResponse, Problem> {
        Ok(self.one("db").await)
    }

    /// Get the health of the cache
    ///
    /// Checks the cache; healthy if no cache is configured.
    #[oai(
        path = "/health/cache",
        method = "get",
        operation_id = "get_cache_health"
    )]
    async fn get_cache_health(&self) -> Result<HealthResponse, Problem> {
        Ok(self.one("cache").await)
    }

    /// Get the health of the file storage
    ///
    /// Checks the blob store.
    #[oai(
        path = "/health/storage",
        method = "get",
        operation_id = "get_storage_health"
    )]
    async fn get_storage_health(&self) -> Result<HealthResponse, Problem> {
        Ok(self.one("storage").await)
    }

    /// Get the version of the service
    ///
    /// Returns the version, and the commit of the build if known.
    #[oai(path = "/version", method = "get", operation_id = "get_version")]
    async fn get_version(&self) -> Result<Json<Version>, Problem> {
        Ok(Json(Version {
            version: Text::of(&self.version),
            commit: self.commit.as_ref().map(Text::of),
        }))
    }

    /// Get the public configuration
    ///
    /// Returns the limits and features that clients need before login.
    #[oai(path = "/config", method = "get", operation_id = "get_public_config")]
    async fn get_public_config(&self) -> Result<Json<PublicConfig>, Problem> {
        Ok(Json(self.config.clone()))
    }

    /// Get the public keys of access tokens
    ///
    /// Returns a JSON Web Key Set (RFC 7517), which is empty if tokens are signed
    /// with a shared secret.
    #[oai(
        path = "/.well-known/jwks.json",
        method = "get",
        operation_id = "get_json_web_keys"
    )]
    async fn get_json_web_keys(&self) -> Result<Response<Json<KeySet>>, Problem> {
        let keys = self.tokens.public_keys().into_iter();
        let set = KeySet {
            keys: keys.map(Key::from).collect(),
        };
        Ok(Response::new(Json(set)).header("cache-control", "public, max-age=300"))
    }
}
