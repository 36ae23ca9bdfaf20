//! The maximum number of sessions of a user.

use futures_util::future::join_all;
use serde_json::json;
use tenantry_domain::{role::Preset, session::RevokeReason};
use tenantry_tests::{
    harness::{Actor, ApiResponse, PASSWORD, TestService},
    services::Postgres,
};

use super::sessions::{another, live, refresh};

const MAX: &str = "TENANTRY_SECURITY__MAX_SESSIONS";

async fn login(actor: &Actor) -> ApiResponse {
    let body = json!({ "identifier": actor.email, "password": PASSWORD });
    actor.post("/api/v1/auth/login", &body).await
}

#[tokio::test]
async fn a_login_beyond_the_limit_ends_the_session_that_was_used_least_recently() {
    let service = TestService::with(&[(MAX, "3")]).await;
    let mut first = service.company("acme").await;
    let second = another(&first).await;
    let third = another(&first).await;
    for session in [&first, &second, &third] {
        session.get("/api/v1/auth/me").await.expect(200);
    }
    let pair = refresh(&first).await.expect(200);
    first.token = Some(pair.text("access_token"));
    first.refresh_token = Some(pair.text("refresh_token"));

    let fourth = another(&first).await;

    let refused = second.get("/api/v1/auth/me").await;
    refused.expect_problem(401, "unauthorized");
    let refused = refresh(&second).await;
    refused.expect_problem(401, "unauthorized");
    for session in [&first, &third, &fourth] {
        session.get("/api/v1/auth/me").await.expect(200);
    }
    assert_eq!(live(&service, &first).await.len(), 3);
    let audit = first.get("/api/v1/audit?action=auth.session_end").await;
    let audit = audit.expect(200).json();
    let ended = audit["items"].as_array().expect("a list");
    assert_eq!(ended.len(), 1, "{audit}");
    assert_eq!(ended[0]["detail"]["reason"], RevokeReason::Limit.as_str());
    assert_eq!(ended[0]["actor_id"], first.user_id, "{audit}");
}

/// Signs in 24 times at the same time, alternately at two services on the same data
/// with a limit of four sessions.
async fn contend(service: &TestService, other: &TestService) {
    let here = service.company("acme").await;
    let there = here.at(other.base());
    let logins = (0..24).map(|number| login(if number % 2 == 0 { &here } else { &there }));
    let responses = join_all(logins).await;
    let count = |status: u16| responses.iter().filter(|it| it.status == status).count();
    // A login may lose all its rounds against the other process.
    assert!(count(200) >= 4, "{responses:?}");
    assert_eq!(count(200) + count(409), responses.len(), "{responses:?}");
    assert_eq!(live(service, &here).await.len(), 4);
    let sessions = responses.iter().filter(|it| it.status == 200);
    let usable = sessions.map(async |session| {
        let token = session.text("access_token");
        let me = here.with_token(Some(&token)).get("/api/v1/auth/me").await;
        usize::from(me.status == 200)
    });
    let usable: usize = join_all(usable).await.into_iter().sum();
    assert!(usable <= 4, "{usable}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_logins_stay_within_the_limit() {
    let service = TestService::with(&[(MAX, "4")]).await;
    contend(&service, &service).await;
}

/// Lanes do not order the logins of two processes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_logins_at_two_processes_stay_within_the_limit() {
    let settings = [(MAX, "4")];
    let service = TestService::embedded(&settings).await;
    let other = service.beside(&settings).await;
    contend(&service, &other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_logins_at_two_processes_on_postgres_stay_within_the_limit() {
    let url = Postgres::shared().await.fresh().await;
    let settings = [
        (MAX, "4"),
        ("TENANTRY_DATABASE__URL", url.as_str()),
        ("TENANTRY_DATABASE__MAX_CONNECTIONS", "8"),
    ];
    let service = TestService::embedded(&settings).await;
    let other = service.beside(&settings).await;
    contend(&service, &other).await;
}

#[tokio::test]
async fn a_lower_limit_applies_to_the_next_login() {
    let mut service = TestService::start().await;
    let mut alice = service.company("acme").await;
    for _ in 0..9 {
        alice.sign_in().await;
    }
    assert_eq!(live(&service, &alice).await.len(), 10);
    service.restart(&[(MAX, "2")]).await;
    let mut alice = alice.at(service.base());
    let kept = alice.clone();
    alice.sign_in().await;
    assert_eq!(live(&service, &alice).await.len(), 2);
    for session in [&kept, &alice] {
        session.get("/api/v1/auth/me").await.expect(200);
    }
}

#[tokio::test]
async fn the_limit_counts_the_sessions_in_all_tenants() {
    let service = TestService::with(&[(MAX, "1")]).await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    service.join(&alice, &bob, Preset::Member).await;
    let body = json!({ "identifier": alice.email, "password": PASSWORD, "tenant": "globex" });
    let session = alice.post("/api/v1/auth/login", &body).await.expect(200);
    assert_eq!(session.text("tenant/id"), bob.tenant_id);
    let refused = alice.get("/api/v1/auth/me").await;
    refused.expect_problem(401, "unauthorized");
    // The end of a session in another tenant is not visible to this one.
    let audit = bob.get("/api/v1/audit?action=auth.session_end").await;
    assert_eq!(audit.expect(200).json()["items"], json!([]));
}
