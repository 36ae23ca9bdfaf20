//! Requests with an idempotency key take effect once. Uploads are tested in
//! `files/idempotency.rs`.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tenantry_application::work::PlatformWork;
use tenantry_domain::{
    Timestamp,
    idempotency::{IdempotencyKey, IdempotencyScope},
};
use tenantry_tests::harness::{Actor, ApiResponse, PASSWORD, TestService};

/// Sends a request with a key.
pub(crate) async fn post(actor: &Actor, path: &str, key: &str, body: &Value) -> ApiResponse {
    let request = actor.request(Method::POST, path).json(body);
    actor.send(request.header("Idempotency-Key", key)).await
}

const REGISTER: &str = "/api/v1/auth/register";

fn registration(name: &str) -> Value {
    json!({
        "email": format!("{name}@example.com"),
        "password": PASSWORD,
        "organization_name": format!("Company of {name}"),
    })
}

#[tokio::test]
async fn a_repeated_registration_returns_the_first_response() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    let first = post(&stranger, REGISTER, "k", &registration("ann")).await;
    let first = first.expect(201).json();
    for key in ["k", "\"k\""] {
        let again = post(&stranger, REGISTER, key, &registration("ann")).await;
        assert_eq!(again.expect(201).json(), first);
    }
    // Another key is another request.
    let other = post(&stranger, REGISTER, "l", &registration("ann")).await;
    other.expect_problem(409, "already_exists");
    // Keys are unique to an address.
    let other = post(&stranger, REGISTER, "k", &registration("bob")).await;
    assert_ne!(other.expect(201).json(), first);
}

#[tokio::test]
async fn a_key_is_rejected_for_another_registration() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    let first = post(&stranger, REGISTER, "k", &registration("ann")).await;
    first.expect(201);
    for (field, value) in [
        ("password", "another secret password"),
        ("organization_name", "Other"),
        ("username", "ann"),
    ] {
        let mut body = registration("ann");
        body[field] = json!(value);
        let refused = post(&stranger, REGISTER, "k", &body).await;
        refused.expect_problem(409, "idempotency_mismatch");
    }
}

#[tokio::test]
async fn a_rejected_registration_releases_its_key() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    let mut body = registration("ann");
    body["subdomain"] = json!("taken");
    let mut other = registration("bob");
    other["subdomain"] = json!("taken");
    post(&stranger, REGISTER, "k", &other).await.expect(201);
    let refused = post(&stranger, REGISTER, "k", &body).await;
    refused.expect_problem(409, "already_exists");
    body["subdomain"] = json!("free");
    post(&stranger, REGISTER, "k", &body).await.expect(201);
}

#[tokio::test]
async fn an_invalid_key_is_rejected() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    for key in ["", "a b", &"k".repeat(256)] {
        let refused = post(&stranger, REGISTER, key, &registration("ann")).await;
        let refused = refused.expect_problem(400, "validation_failed");
        let errors = refused.json()["errors"].clone();
        assert_eq!(errors[0]["field"], "Idempotency-Key", "{key}");
    }
    post(&stranger, REGISTER, "k", &registration("ann"))
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_registrations_with_one_key_take_effect_once() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    let body = registration("ann");
    let responses = join_all((0..8).map(|_| post(&stranger, REGISTER, "k", &body))).await;
    let bodies = responses
        .into_iter()
        .map(|response| response.expect(201).json());
    let bodies: Vec<_> = bodies.collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
}

#[tokio::test]
async fn an_expired_key_can_be_used_again() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let tower = json!({ "name": "Tower" });
    let create = async |body| post(&alice, "/api/v1/projects", "k", body).await;
    create(&tower).await.expect(201);
    let scope = IdempotencyScope {
        tenant_id: alice.tenant_id.parse().ok(),
        user_id: alice.user_id.parse().expect("an id"),
        operation: "projects.create".to_owned(),
        key: IdempotencyKey::parse("k").expect("a key"),
    };
    let store = &service.services().store;
    let record = store.idempotency().find(&scope).await.expect("a read");
    let mut record = record.expect("a record");
    record.expires_at = Timestamp::EPOCH;
    let mut work = PlatformWork::new();
    work.idempotency(scope.tenant_id).update(&record);
    store.commit(work).await.expect("an expired record");
    let bridge = json!({ "name": "Bridge" });
    for _ in 0..2 {
        assert_eq!(create(&bridge).await.expect(201).text("name"), "Bridge");
    }
    create(&tower)
        .await
        .expect_problem(409, "idempotency_mismatch");
}
