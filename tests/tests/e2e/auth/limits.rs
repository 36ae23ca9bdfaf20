//! Rate limits of authentication.

use serde_json::json;
use tenantry_tests::harness::{PASSWORD, TestService};
use tokio::time::Instant;

const FIVE: (&str, &str) = ("TENANTRY_LIMITS__AUTH_PER_MINUTE", "5");

#[tokio::test]
async fn attempts_above_the_limit_are_rejected() {
    let service = TestService::with(&[FIVE]).await;
    let stranger = service.anonymous();
    let wrong = json!({ "identifier": "nobody@example.com", "password": PASSWORD });
    for _ in 0..5 {
        let body = json!({ "refresh_token": "nonsense" });
        let refused = stranger.post("/api/v1/auth/refresh", &body).await;
        refused.expect_problem(401, "unauthorized");
    }

    let limited = stranger.post("/api/v1/auth/login", &wrong).await;
    let limited = limited.expect_problem(429, "rate_limited");

    let seconds = |name: &str| {
        let value = limited.header(name).expect(name);
        value.parse::<u64>().expect("a number")
    };
    assert!((1..=60).contains(&seconds("retry-after")));
    assert!((1..=60).contains(&seconds("ratelimit-reset")));
    assert_eq!(seconds("ratelimit-limit"), 5);
    assert_eq!(seconds("ratelimit-remaining"), 0);
    // Other operations are not limited.
    stranger.get("/version").await.expect(200);
}

#[tokio::test]
async fn responses_announce_the_remaining_attempts() {
    let service = TestService::with(&[FIVE]).await;
    let alice = service.company("acme").await;
    let body = json!({ "identifier": alice.email, "password": PASSWORD });
    let session = alice.post("/api/v1/auth/login", &body).await.expect(200);
    assert_eq!(session.header("ratelimit-limit"), Some("5"));
    assert_eq!(session.header("ratelimit-remaining"), Some("2"));
}

#[tokio::test]
async fn attempts_on_one_account_are_limited_across_addresses() {
    let settings = [
        FIVE,
        ("TENANTRY_HTTP__TRUSTED_PROXIES", "[\"127.0.0.0/8\"]"),
    ];
    let service = TestService::with(&settings).await;
    let stranger = service.anonymous();
    let wrong = json!({ "identifier": "ann@example.com", "password": "wrong horse battery" });
    let from = async |address: String| {
        let request = stranger.request(reqwest::Method::POST, "/api/v1/auth/login");
        let request = request.header("x-forwarded-for", address);
        stranger.send(request.json(&wrong)).await
    };
    let started = Instant::now();
    let mut admitted = 0;
    let limited = loop {
        let response = from(format!("192.0.2.{}", admitted + 1)).await;
        if response.status == 429 {
            break response.expect_problem(429, "rate_limited");
        }
        admitted += 1;
        assert!(admitted <= 100, "no limit");
    };
    // The limit of an account is five times that of an address, and is restored
    // while the test runs.
    let restored = started.elapsed().as_secs() * 25 / 60 + 1;
    assert!(
        (25..=25 + restored).contains(&admitted),
        "{admitted} attempts, {restored} restored"
    );
    assert!(limited.header("retry-after").is_some());
}

#[tokio::test]
async fn forwarding_headers_of_untrusted_clients_are_ignored() {
    let service = TestService::with(&[FIVE]).await;
    let stranger = service.anonymous();
    let mut last = 0;
    for number in 0..6 {
        let request = stranger.request(reqwest::Method::POST, "/api/v1/auth/refresh");
        let request = request.header("x-forwarded-for", format!("192.0.2.{number}"));
        let request = request.json(&json!({ "refresh_token": "nonsense" }));
        last = stranger.send(request).await.status.as_u16();
    }
    assert_eq!(last, 429);
}
