//! The service about itself: health, version, public settings, public keys.

mod health;
mod shapes;

use std::{collections::BTreeMap, sync::Arc};

use poem_openapi::{OpenApi, payload::Response, types::Any};
use serde_json::Value;
use tenantry_application::ports::AccessTokens;

use crate::{options::HttpOptions, payload::Json, problem::Problem, tag::Tag};

use shapes::{CheckResult, Health, HealthResponse, Key, KeySet, Status, Version};

pub use health::HealthChecks;

/// Seconds until it is worth asking an unhealthy service again.
const RETRY_SECONDS: u32 = 2;

/// The resource.
pub(crate) struct System {
    app: String,
    version: String,
    commit: Option<String>,
    config: BTreeMap<String, Any<Value>>,
    health: HealthChecks,
    tokens: Arc<dyn AccessTokens>,
}

impl System {
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
            config: config.map(|(k, v)| (k.clone(), Any(v.clone()))).collect(),
            health,
            tokens,
        }
    }

    fn answer(&self, status: Status, checks: BTreeMap<String, CheckResult>) -> HealthResponse {
        let health = Json(Health {
            status,
            app: self.app.clone(),
            version: self.version.clone(),
            checks,
        });
        match status {
            Status::Healthy | Status::Degraded => HealthResponse::Healthy(health),
            Status::Unhealthy => HealthResponse::Unhealthy(health, RETRY_SECONDS),
        }
    }

    async fn all(&self) -> HealthResponse {
        let checked = self.health.all().await;
        let fails = |is_needed| {
            let mut parts = checked.iter();
            parts.any(|part| part.result.is_err() && part.is_needed == is_needed)
        };
        let status = if self.health.is_draining() || fails(true) {
            Status::Unhealthy
        } else if fails(false) {
            Status::Degraded
        } else {
            Status::Healthy
        };
        let checks = checked.into_iter();
        let checks = checks.map(|part| (part.name.to_owned(), part.result.into()));
        self.answer(status, checks.collect())
    }

    /// What is not configured cannot be ill.
    async fn one(&self, name: &str) -> HealthResponse {
        let result = self.health.one(name).await;
        let status = match result {
            Some(Err(_)) => Status::Unhealthy,
            Some(Ok(())) | None => Status::Healthy,
        };
        let checks = result.map(|result| (name.to_owned(), result.into()));
        self.answer(status, checks.into_iter().collect())
    }
}

#[expect(
    clippy::unused_async,
    reason = "operations are asynchronous whether or not they wait"
)]
#[OpenApi(tag = "Tag::System")]
impl System {
    /// Health of the service and its parts
    ///
    /// Asks every part the service depends on, at most a few times a second each.
    #[oai(path = "/health", method = "get", operation_id = "get_health")]
    async fn get_health(&self) -> Result<HealthResponse, Problem> {
        Ok(self.all().await)
    }

    /// Whether the process is alive
    ///
    /// Asks no other part: a process that answers is alive.
    #[oai(path = "/health/live", method = "get", operation_id = "get_liveness")]
    async fn get_liveness(&self) -> Result<Json<Health>, Problem> {
        Ok(Json(Health {
            status: Status::Healthy,
            app: self.app.clone(),
            version: self.version.clone(),
            checks: BTreeMap::new(),
        }))
    }

    /// Whether requests can be served
    ///
    /// Off while a part cannot be reached that the service cannot do without, and once it begins to
    /// stop.
    #[oai(path = "/health/ready", method = "get", operation_id = "get_readiness")]
    async fn get_readiness(&self) -> Result<HealthResponse, Problem> {
        Ok(self.all().await)
    }

    /// Health of the database
    ///
    /// Whether the metadata store answers.
    #[oai(
        path = "/health/db",
        method = "get",
        operation_id = "get_database_health"
    )]
    async fn get_database_health(&self) -> Result<HealthResponse, Problem> {
        Ok(self.one("db").await)
    }

    /// Health of the cache
    ///
    /// Whether the cache answers; healthy where none is configured.
    #[oai(
        path = "/health/cache",
        method = "get",
        operation_id = "get_cache_health"
    )]
    async fn get_cache_health(&self) -> Result<HealthResponse, Problem> {
        Ok(self.one("cache").await)
    }

    /// Health of the file storage
    ///
    /// Whether the blob store answers.
    #[oai(
        path = "/health/storage",
        method = "get",
        operation_id = "get_storage_health"
    )]
    async fn get_storage_health(&self) -> Result<HealthResponse, Problem> {
        Ok(self.one("storage").await)
    }

    /// What is running
    ///
    /// The version of the service, and the commit where it is known.
    #[oai(path = "/version", method = "get", operation_id = "get_version")]
    async fn get_version(&self) -> Result<Json<Version>, Problem> {
        Ok(Json(Version {
            version: self.version.clone(),
            commit: self.commit.clone(),
        }))
    }

    /// Public settings
    ///
    /// What a client may need to know before anyone has signed in: limits and
    /// what is switched on. No secrets.
    #[oai(path = "/config", method = "get", operation_id = "get_public_config")]
    async fn get_public_config(&self) -> Result<Json<BTreeMap<String, Any<Value>>>, Problem> {
        Ok(Json(self.config.clone()))
    }

    /// Keys that verify access tokens
    ///
    /// A JSON Web Key Set. Empty where tokens are signed with a shared secret.
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
