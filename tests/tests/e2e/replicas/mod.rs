//! Two processes of one installation that share a database, a volume and a Redis
//! server.

mod clocks;
mod lost_commits;
mod outage;
mod sharing;

use tenantry_tests::{
    conformance::signals::until_received,
    harness::{ApiResponse, Settings, TestService},
    services::{Postgres, Redis},
};

/// Two services on the same data.
struct Replicas {
    one: TestService,
    other: TestService,
}

impl Replicas {
    /// Starts both on PostgreSQL, with further settings for each.
    async fn with(redis: &Redis, one: Settings<'_>, other: Settings<'_>) -> Self {
        let url = Postgres::shared().await.fresh().await;
        let database = [
            ("TENANTRY_DATABASE__URL", url.as_str()),
            ("TENANTRY_DATABASE__MAX_CONNECTIONS", "8"),
        ];
        Self::on(&database, redis, one, other).await
    }

    /// Starts both on another database.
    async fn on(
        database: Settings<'_>,
        redis: &Redis,
        one: Settings<'_>,
        other: Settings<'_>,
    ) -> Self {
        let place = redis.fresh();
        let cache = [
            ("TENANTRY_CACHE__KIND", "redis"),
            ("TENANTRY_CACHE__URL", place.url.as_str()),
            ("TENANTRY_CACHE__NAMESPACE", place.namespace.as_str()),
            ("TENANTRY_HTTP__TRUSTED_PROXIES", "[\"127.0.0.0/8\"]"),
        ];
        let one = TestService::embedded(&[database, &cache, one].concat()).await;
        let other = one.beside(&[database, &cache, other].concat()).await;
        Self { one, other }
    }

    /// Waits until each process receives the signals of the other.
    async fn receive_signals(&self) {
        let [one, other] = self.each().map(|service| &service.services().signals);
        until_received(one.as_ref(), other.as_ref()).await;
        until_received(other.as_ref(), one.as_ref()).await;
    }

    fn each(&self) -> [&TestService; 2] {
        [&self.one, &self.other]
    }
}

/// Attempts a refresh from an address of the client's choice.
async fn attempt(service: &TestService, address: &str) -> ApiResponse {
    let stranger = service.anonymous();
    let request = stranger.request(reqwest::Method::POST, "/api/v1/auth/refresh");
    let request = request.header("x-forwarded-for", address);
    let body = serde_json::json!({ "refresh_token": "nonsense" });
    stranger.send(request.json(&body)).await
}
