//! The tenant a request names beside its credentials: it chooses at sign-in,
//! and must agree anywhere else.

use reqwest::{Method, header::HOST};
use serde_json::json;
use tenantry_tests::harness::{Actor, Answer, PASSWORD, TestService};

/// What was never an id of anything.
const NOBODY: &str = "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b";

async fn ask(actor: &Actor, name: &str, value: &str) -> Answer {
    let request = actor.request(Method::GET, "/api/v1/files");
    actor.send(request.header(name, value)).await
}

async fn sign_in(actor: &Actor, name: &str, value: &str) -> Answer {
    let stranger = actor.with_token(None);
    let request = stranger.request(Method::POST, "/api/v1/auth/login");
    let body = json!({ "identifier": actor.email, "password": PASSWORD });
    stranger.send(request.header(name, value).json(&body)).await
}

#[tokio::test]
async fn a_header_names_the_tenant_by_its_id() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;

    ask(&alice, "x-tenant-id", &alice.tenant_id)
        .await
        .expect(200);
    let session = sign_in(&alice, "x-tenant-id", &alice.tenant_id).await;
    assert_eq!(session.expect(200).text("tenant/id"), alice.tenant_id);

    for other in [bob.tenant_id.as_str(), NOBODY, "acme", "", "nonsense"] {
        let refused = ask(&alice, "x-tenant-id", other).await;
        refused.expect_problem(404, "tenant_not_found");
        let refused = sign_in(&alice, "x-tenant-id", other).await;
        refused.expect_problem(404, "tenant_not_found");
    }
    // The host says nothing where the header is what counts.
    ask(&alice, HOST.as_str(), "globex.example.com")
        .await
        .expect(200);
}

#[tokio::test]
async fn two_names_of_a_tenant_must_agree() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let sign_in = async |tenant: &str, header: &str| {
        let stranger = alice.with_token(None);
        let request = stranger.request(Method::POST, "/api/v1/auth/login");
        let body = json!({ "identifier": alice.email, "password": PASSWORD, "tenant": tenant });
        stranger
            .send(request.header("x-tenant-id", header).json(&body))
            .await
    };
    sign_in("acme", &alice.tenant_id).await.expect(200);
    let refused = sign_in("acme", NOBODY).await;
    refused.expect_problem(404, "tenant_not_found");
    let refused = sign_in("globex", &alice.tenant_id).await;
    refused.expect_problem(404, "tenant_not_found");
}

#[tokio::test]
async fn a_subdomain_names_the_tenant_where_that_is_configured() {
    let settings = [
        ("TENANTRY_TENANCY__STRATEGY", "subdomain"),
        ("TENANTRY_TENANCY__MAIN_DOMAIN", "example.com"),
    ];
    let service = TestService::with(&settings).await;
    let alice = service.company("acme").await;
    service.company("globex").await;

    for own in [
        "acme.example.com",
        "ACME.example.com:8080",
        "example.com",
        "www.example.com",
    ] {
        ask(&alice, HOST.as_str(), own).await.expect(200);
        sign_in(&alice, HOST.as_str(), own).await.expect(200);
    }
    for other in ["globex.example.com", "nowhere.example.com"] {
        let refused = ask(&alice, HOST.as_str(), other).await;
        refused.expect_problem(404, "tenant_not_found");
        let refused = sign_in(&alice, HOST.as_str(), other).await;
        refused.expect_problem(404, "tenant_not_found");
    }
    // A header is not what counts here, and a stranger's word about the host is none.
    ask(&alice, "x-tenant-id", NOBODY).await.expect(200);
    ask(&alice, "x-forwarded-host", "globex.example.com")
        .await
        .expect(200);
}
