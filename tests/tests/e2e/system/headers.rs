//! Headers of all responses: security, CORS, request id.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use tenantry_tests::harness::{Actor, ApiResponse, PASSWORD, TestService};

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let file = alice.upload_ready("a.html", "text/html", "<b>").await;
    let file = file["id"].as_str().expect("an id");
    let responses = [
        alice.get("/health").await,
        alice.get("/docs").await,
        alice.get("/nothing").await,
        alice.get("/api/v1/files").await,
        alice.download(file).await,
        alice.post("/api/v1/auth/login", &json!({})).await,
        alice.with_token(None).get("/api/v1/files").await,
        alice
            .send(alice.request(Method::OPTIONS, "/api/v1/files"))
            .await,
        alice.delete("/health").await,
    ];
    for response in responses {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(
                response.header(name),
                Some(value),
                "{} {name}",
                response.request
            );
        }
        let policy = response
            .header("content-security-policy")
            .expect("a policy");
        for part in ["default-src", "base-uri", "form-action", "frame-ancestors"] {
            let part = format!("{part} 'none'");
            assert!(policy.contains(&part), "{}: {policy}", response.request);
        }
        assert!(
            response.header("cache-control").is_some(),
            "{}",
            response.request
        );
        assert!(
            response.header("x-request-id").is_some(),
            "{}",
            response.request
        );
        assert_eq!(response.header("strict-transport-security"), None);
        assert_eq!(response.header("server"), None);
    }
    let public = [("TENANTRY_HTTP__PUBLIC_URL", "https://files.example.com")];
    let service = TestService::with(&public).await;
    let response = service.anonymous().get("/version").await;
    assert!(response.header("strict-transport-security").is_some());
}

#[tokio::test]
async fn secrets_are_never_stored_and_contents_are_revalidated() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let file = alice.upload_ready("a.txt", "text/plain", "secret").await;
    let file = file["id"].as_str().expect("an id");
    let credentials = json!({ "identifier": alice.email, "password": PASSWORD });
    let signed_in = alice.post("/api/v1/auth/login", &credentials).await;
    let signed_in = signed_in.expect(200);
    let token = json!({ "refresh_token": signed_in.text("refresh_token") });
    let refreshed = alice.post("/api/v1/auth/refresh", &token).await;
    let refused = alice.with_token(None).get("/api/v1/auth/me").await;
    for response in [signed_in, refreshed.expect(200), refused.expect(401)] {
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
    let tagged = [
        alice.download(file).await,
        alice.get("/api/v1/auth/me").await,
    ];
    for response in tagged {
        let response = response.expect(200);
        assert_eq!(response.header("cache-control"), Some("private, no-cache"));
    }
}

async fn from_origin(actor: &Actor, method: Method, origin: &str) -> ApiResponse {
    let request = actor
        .request(method, "/api/v1/files")
        .header("origin", origin);
    actor
        .send(
            request
                .header("access-control-request-method", "PUT")
                .header("access-control-request-headers", "authorization"),
        )
        .await
}

#[tokio::test]
async fn only_configured_origins_are_allowed() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for method in [Method::GET, Method::OPTIONS] {
        let response = from_origin(&alice, method, "https://app.example.com").await;
        assert!(
            response
                .headers
                .keys()
                .all(|name| !name.as_str().starts_with("access-control"))
        );
    }

    let named = [(
        "TENANTRY_HTTP__CORS_ORIGINS",
        "[\"https://app.example.com\"]",
    )];
    let service = TestService::with(&named).await;
    let alice = service.company("acme").await;
    let preflight = from_origin(&alice, Method::OPTIONS, "https://app.example.com").await;
    let preflight = preflight.expect(204);
    let response = from_origin(&alice, Method::GET, "https://app.example.com")
        .await
        .expect(200);
    for response in [&preflight, &response] {
        let header = |name| response.header(name);
        assert_eq!(
            header("access-control-allow-origin"),
            Some("https://app.example.com")
        );
        assert_eq!(header("access-control-allow-credentials"), Some("true"));
        let vary = response.headers.get_all("vary");
        assert!(vary.iter().any(|value| value == "origin"));
    }
    let methods = preflight
        .header("access-control-allow-methods")
        .expect("methods");
    assert!(
        ["GET", "PUT", "PATCH", "DELETE"]
            .iter()
            .all(|m| methods.contains(m))
    );
    let exposed = response
        .header("access-control-expose-headers")
        .expect("headers");
    for name in [
        "ETag",
        "Location",
        "X-Request-Id",
        "Retry-After",
        "RateLimit-Limit",
    ] {
        assert!(exposed.contains(name), "{exposed}");
    }
    for other in [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com.evil.com",
        "null",
    ] {
        for method in [Method::GET, Method::OPTIONS] {
            let response = from_origin(&alice, method, other).await;
            assert_eq!(
                response.header("access-control-allow-origin"),
                None,
                "{other}"
            );
        }
    }
}

#[tokio::test]
async fn valid_request_ids_are_kept() {
    let service = TestService::start().await;
    let anyone = service.anonymous();
    let with_id = async |id: &str| {
        let request = anyone.request(Method::GET, "/api/v1/files");
        anyone.send(request.header("x-request-id", id)).await
    };
    let kept = with_id("trace-1.2_3").await;
    assert_eq!(kept.header("x-request-id"), Some("trace-1.2_3"));
    assert_eq!(kept.text("request_id"), "trace-1.2_3");
    let long = "a".repeat(129);
    let mut made = BTreeSet::new();
    for invalid in ["", "a b", "a\"b", "<script>", "ü", &long] {
        let response = with_id(invalid).await;
        let id = response.header("x-request-id").expect("an id").to_owned();
        assert_ne!(id, invalid);
        assert_eq!(response.text("request_id"), id);
        made.insert(id);
    }
    assert_eq!(made.len(), 6);
}
