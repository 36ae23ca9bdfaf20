//! The tenant that a request names besides its credentials: it selects at
//! sign-in and must match otherwise.

use reqwest::{Method, header::HOST};
use serde_json::json;
use tenantry_tests::harness::{Actor, ApiResponse, PASSWORD, TestService};

/// An id that does not exist.
const UNKNOWN: &str = "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b";

async fn list_files(actor: &Actor, name: &str, value: &str) -> ApiResponse {
    let request = actor.request(Method::GET, "/api/v1/files");
    actor.send(request.header(name, value)).await
}

async fn sign_in(actor: &Actor, name: &str, value: &str) -> ApiResponse {
    let stranger = actor.with_token(None);
    let request = stranger.request(Method::POST, "/api/v1/auth/login");
    let body = json!({ "identifier": actor.email, "password": PASSWORD });
    stranger.send(request.header(name, value).json(&body)).await
}

#[tokio::test]
async fn a_header_selects_the_tenant_by_id() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;

    list_files(&alice, "x-tenant-id", &alice.tenant_id)
        .await
        .expect(200);
    let session = sign_in(&alice, "x-tenant-id", &alice.tenant_id).await;
    assert_eq!(session.expect(200).text("tenant/id"), alice.tenant_id);

    for other in [bob.tenant_id.as_str(), UNKNOWN, "acme", "", "nonsense"] {
        let refused = list_files(&alice, "x-tenant-id", other).await;
        refused.expect_problem(404, "tenant_not_found");
        let refused = sign_in(&alice, "x-tenant-id", other).await;
        refused.expect_problem(404, "tenant_not_found");
    }
    // The host is ignored by this strategy.
    list_files(&alice, HOST.as_str(), "globex.example.com")
        .await
        .expect(200);
}

#[tokio::test]
async fn header_and_body_must_name_the_same_tenant() {
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
    let refused = sign_in("acme", UNKNOWN).await;
    refused.expect_problem(404, "tenant_not_found");
    let refused = sign_in("globex", &alice.tenant_id).await;
    refused.expect_problem(404, "tenant_not_found");
}

#[tokio::test]
async fn a_subdomain_selects_the_tenant_if_configured() {
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
        list_files(&alice, HOST.as_str(), own).await.expect(200);
        sign_in(&alice, HOST.as_str(), own).await.expect(200);
    }
    for other in ["globex.example.com", "nowhere.example.com"] {
        let refused = list_files(&alice, HOST.as_str(), other).await;
        refused.expect_problem(404, "tenant_not_found");
        let refused = sign_in(&alice, HOST.as_str(), other).await;
        refused.expect_problem(404, "tenant_not_found");
    }
    // This strategy ignores the header, and forwarding headers of untrusted
    // clients.
    list_files(&alice, "x-tenant-id", UNKNOWN).await.expect(200);
    list_files(&alice, "x-forwarded-host", "globex.example.com")
        .await
        .expect(200);
}
