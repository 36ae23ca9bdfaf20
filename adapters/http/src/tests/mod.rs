//! The middleware and the document as clients see them.
#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]

mod document;
mod fixtures;

use poem::http::Method;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::fixtures::{NOTE, get, healthy, notes, put, request, send, system};
use crate::{HealthChecks, problem::codes};

#[tokio::test]
async fn invalid_requests_get_problems() {
    let notes = notes();
    for (request, status, code) in [
        (get("/nowhere"), 404, "not_found"),
        (get(NOTE), 405, "method_not_allowed"),
        (get("/api/v1/fail/%ff"), 400, "malformed_request"),
        (get("/api/v1/fail/x?limit=%C3"), 400, "malformed_request"),
        (get("/api/v1/fail/internal"), 500, "internal"),
        (get("/api/v1/fail/panic"), 500, "internal"),
        (get("/api/v1/fail/database"), 503, "database_unavailable"),
        (put("{"), 400, "malformed_request"),
        (put(""), 400, "malformed_request"),
        (put(&b"{\"text\": \"\xff\"}"[..]), 400, "malformed_request"),
        (
            put("{\"text\": \"a\", \"text\": \"b\"}"),
            400,
            "malformed_request",
        ),
        (put(" ".repeat(2000)), 413, "request_too_large"),
        (
            request(Method::PUT, NOTE).body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            request(Method::PUT, NOTE)
                .content_type("text/plain")
                .body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            request(Method::PUT, NOTE)
                .content_type("application/json")
                .header("content-encoding", "gzip")
                .body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            request(Method::PUT, &format!("{NOTE}?dry_run=true"))
                .content_type("application/json")
                .body("{\"text\": \"a\"}"),
            404,
            "file_not_found",
        ),
    ] {
        let name = format!("{request:?}");
        let response = send(&notes, request).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (status, code),
            "{name}"
        );
    }
}

#[tokio::test]
async fn every_invalid_value_is_reported() {
    let notes = notes();
    for (request, errors) in [
        (put("{}"), vec!["text required"]),
        (put("{\"text\": 7}"), vec!["text invalid_type"]),
        (
            put("{\"text\": \"\", \"weight\": 4, \"more\": 1}"),
            vec![
                "more unknown_field",
                "text too_short",
                "weight out_of_range",
            ],
        ),
        (put("[]"), vec!["body invalid_type"]),
        (
            request(Method::PUT, "/api/v1/notes/7")
                .content_type("application/json")
                .body("{}"),
            vec!["id invalid_format"],
        ),
        (
            get("/api/v1/fail/x?limit=many"),
            vec!["limit invalid_format"],
        ),
        (get("/api/v1/fail/x?limit=101"), vec!["limit out_of_range"]),
        (get("/api/v1/fail/morethannine"), vec!["how too_long"]),
    ] {
        let name = format!("{request:?}");
        let response = send(&notes, request).await;
        assert_eq!(response.status, 400, "{name}");
        assert_eq!(response.code(), "validation_failed", "{name}");
        assert_eq!(response.errors(), errors, "{name}");
    }
}

#[tokio::test]
async fn problems_have_their_headers() {
    let notes = notes();
    let response = send(&notes, get(NOTE)).await;
    assert_eq!(response.header("allow"), "PUT");
    let response = send(&notes, get("/api/v1/fail/database")).await;
    assert_eq!(response.header("retry-after"), "2");
}

#[tokio::test]
async fn every_response_has_an_id_and_the_security_headers() {
    let api = system(healthy());
    let valid = request(Method::GET, "/version")
        .header("x-request-id", "abc-1")
        .finish();
    assert_eq!(send(&api, valid).await.header("x-request-id"), "abc-1");
    let invalid = request(Method::GET, "/version")
        .header("x-request-id", "a b")
        .finish();
    assert!(Uuid::parse_str(send(&api, invalid).await.header("x-request-id")).is_ok());
    for path in ["/version", "/nowhere", "/docs", "/openapi.json"] {
        let response = send(&api, get(path)).await;
        assert_eq!(response.header("x-content-type-options"), "nosniff");
        assert_eq!(response.header("x-frame-options"), "DENY");
        assert_eq!(response.header("referrer-policy"), "no-referrer");
        assert!(
            response
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert!(
            response
                .header("strict-transport-security")
                .starts_with("max-age=")
        );
    }
    assert_eq!(
        send(&api, get("/version")).await.header("cache-control"),
        "no-store"
    );
}

#[tokio::test]
async fn only_configured_origins_can_read_responses() {
    let api = system(healthy());
    let from = |method, origin: &str| {
        request(method, "/version")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .finish()
    };
    let allowed = "https://app.example.com";
    let response = send(&api, from(Method::GET, allowed)).await;
    assert_eq!(response.header("access-control-allow-origin"), allowed);
    assert_eq!(response.header("access-control-allow-credentials"), "true");
    assert!(
        response
            .header("access-control-expose-headers")
            .contains("X-Request-Id")
    );
    let response = send(&api, from(Method::OPTIONS, allowed)).await;
    assert_eq!(response.status, 204);
    assert!(
        response
            .header("access-control-allow-headers")
            .contains("If-Match")
    );

    let response = send(&api, from(Method::GET, "https://evil.example.com")).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("access-control-allow-origin"), "");
    assert_eq!(response.header("vary"), "origin");
    let response = send(&api, from(Method::OPTIONS, "https://evil.example.com")).await;
    assert_eq!(response.code(), "method_not_allowed");
}

#[tokio::test]
async fn health_reflects_dependencies_and_shutdown() {
    let draining = CancellationToken::new();
    let health = HealthChecks::new(draining.clone())
        .with("db", || std::future::ready(Ok(())))
        .with("storage", || {
            std::future::ready(Err("unreachable".to_owned()))
        });
    let api = system(health);
    let response = send(&api, get("/health")).await;
    assert_eq!(
        (response.status, response.header("retry-after")),
        (503, "2")
    );
    let expected = json!({
        "status": "unhealthy", "app": "Test", "version": "1.2.3",
        "checks": {
            "db": {"status": "healthy"},
            "storage": {"status": "unhealthy", "reason": "unreachable"},
        },
    });
    assert_eq!(response.json(), expected);
    for (path, status) in [
        ("/health/live", 200),
        ("/health/ready", 503),
        ("/health/db", 200),
        ("/health/cache", 200),
        ("/health/storage", 503),
    ] {
        assert_eq!(send(&api, get(path)).await.status, status, "{path}");
    }

    let stopping = CancellationToken::new();
    let api = system(HealthChecks::new(stopping.clone()));
    assert_eq!(send(&api, get("/health/ready")).await.status, 200);
    stopping.cancel();
    assert_eq!(send(&api, get("/health/ready")).await.status, 503);
    assert_eq!(send(&api, get("/health/live")).await.status, 200);
}

#[tokio::test]
async fn version_configuration_and_keys_are_public() {
    let api = system(healthy());
    assert_eq!(
        send(&api, get("/version")).await.json(),
        json!({"version": "1.2.3"})
    );
    assert_eq!(
        send(&api, get("/config")).await.json(),
        json!({"max_file_bytes": 1})
    );
    let keys = json!({"keys": [
        {"kty": "OKP", "use": "sig", "kid": "k1", "alg": "EdDSA", "crv": "Ed25519", "x": "AA"}
    ]});
    assert_eq!(send(&api, get("/.well-known/jwks.json")).await.json(), keys);
    let head = send(&api, request(Method::HEAD, "/version").finish()).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn the_document_and_its_pages_are_served() {
    let api = system(healthy());
    let response = send(&api, get("/openapi.json")).await;
    assert_eq!(response.json()["openapi"], "3.0.3");
    let etag = response.header("etag").to_owned();
    let again = request(Method::GET, "/openapi.json").header("if-none-match", etag);
    assert_eq!(send(&api, again.finish()).await.status, 304);
    let compressed = request(Method::GET, "/openapi.yaml").header("accept-encoding", "gzip");
    let compressed = send(&api, compressed.finish()).await;
    assert_eq!(compressed.header("content-encoding"), "gzip");
    assert_eq!(compressed.body.get(..2), Some(&[0x1f, 0x8b][..]));
    for page in ["/docs", "/redoc", "/scalar"] {
        let response = send(&api, get(page)).await;
        assert!(
            response.header("content-type").starts_with("text/html"),
            "{page}"
        );
        assert!(
            response
                .header("content-security-policy")
                .contains("script-src 'self'")
        );
    }
    assert_eq!(send(&api, get("/docs/assets/redoc.js")).await.status, 200);
    assert_eq!(
        send(&api, get("/docs/assets/none.js")).await.code(),
        "not_found"
    );
}

#[tokio::test]
async fn problem_codes_are_explained() {
    let notes = notes();
    let response = send(&notes, get("/problems/file_locked")).await;
    assert_eq!(response.json()["status"], 423);
    let html = request(Method::GET, "/problems/file_locked").header("accept", "text/html");
    let html = send(&notes, html.finish()).await;
    assert!(html.header("content-type").starts_with("text/html"));
    let list = send(&notes, get("/problems")).await.json();
    assert_eq!(
        list["items"].as_array().map(Vec::len),
        Some(codes::ALL.len())
    );
    assert_eq!(
        send(&notes, get("/problems/none")).await.code(),
        "not_found"
    );
}
