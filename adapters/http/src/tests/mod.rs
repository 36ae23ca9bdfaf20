//! The frame around operations, seen from outside.
#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]

mod fixtures;

use poem::http::Method;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::fixtures::{NOTE, Notes, ask, get, healthy, notes, put, request, system};
use crate::{
    HealthChecks,
    document::document,
    problem::{ProblemPages, codes},
};

#[tokio::test]
async fn whatever_does_not_fit_is_a_problem() {
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
        let answer = ask(&notes, request).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{name}"
        );
    }
}

#[tokio::test]
async fn values_that_are_not_valid_are_named() {
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
        let answer = ask(&notes, request).await;
        assert_eq!(answer.status, 400, "{name}");
        assert_eq!(answer.code(), "validation_failed", "{name}");
        assert_eq!(answer.errors(), errors, "{name}");
    }
}

#[tokio::test]
async fn refusals_carry_their_headers() {
    let notes = notes();
    let answer = ask(&notes, get(NOTE)).await;
    assert_eq!(answer.header("allow"), "PUT");
    let answer = ask(&notes, get("/api/v1/fail/database")).await;
    assert_eq!(answer.header("retry-after"), "2");
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_security_headers() {
    let api = system(healthy());
    let fine = request(Method::GET, "/version")
        .header("x-request-id", "abc-1")
        .finish();
    assert_eq!(ask(&api, fine).await.header("x-request-id"), "abc-1");
    let odd = request(Method::GET, "/version")
        .header("x-request-id", "a b")
        .finish();
    assert!(Uuid::parse_str(ask(&api, odd).await.header("x-request-id")).is_ok());
    for path in ["/version", "/nowhere", "/docs", "/openapi.json"] {
        let answer = ask(&api, get(path)).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert!(
            answer
                .header("strict-transport-security")
                .starts_with("max-age=")
        );
    }
    assert_eq!(
        ask(&api, get("/version")).await.header("cache-control"),
        "no-store"
    );
}

#[tokio::test]
async fn only_configured_origins_may_read_answers() {
    let api = system(healthy());
    let from = |method, origin: &str| {
        request(method, "/version")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .finish()
    };
    let ours = "https://app.example.com";
    let answer = ask(&api, from(Method::GET, ours)).await;
    assert_eq!(answer.header("access-control-allow-origin"), ours);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("X-Request-Id")
    );
    let answer = ask(&api, from(Method::OPTIONS, ours)).await;
    assert_eq!(answer.status, 204);
    assert!(
        answer
            .header("access-control-allow-headers")
            .contains("If-Match")
    );

    let answer = ask(&api, from(Method::GET, "https://evil.example.com")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("vary"), "origin");
    let answer = ask(&api, from(Method::OPTIONS, "https://evil.example.com")).await;
    assert_eq!(answer.code(), "method_not_allowed");
}

#[tokio::test]
async fn health_follows_its_parts_and_the_end() {
    let draining = CancellationToken::new();
    let health = HealthChecks::new(draining.clone())
        .with("db", || std::future::ready(Ok(())))
        .with("storage", || {
            std::future::ready(Err("unreachable".to_owned()))
        });
    let api = system(health);
    let answer = ask(&api, get("/health")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "2"));
    let expected = json!({
        "status": "unhealthy", "app": "Test", "version": "1.2.3",
        "checks": {
            "db": {"status": "healthy"},
            "storage": {"status": "unhealthy", "reason": "unreachable"},
        },
    });
    assert_eq!(answer.json(), expected);
    for (path, status) in [
        ("/health/live", 200),
        ("/health/ready", 503),
        ("/health/db", 200),
        ("/health/cache", 200),
        ("/health/storage", 503),
    ] {
        assert_eq!(ask(&api, get(path)).await.status, status, "{path}");
    }

    let stopping = CancellationToken::new();
    let api = system(HealthChecks::new(stopping.clone()));
    assert_eq!(ask(&api, get("/health/ready")).await.status, 200);
    stopping.cancel();
    assert_eq!(ask(&api, get("/health/ready")).await.status, 503);
    assert_eq!(ask(&api, get("/health/live")).await.status, 200);
}

#[tokio::test]
async fn tells_version_settings_and_keys() {
    let api = system(healthy());
    assert_eq!(
        ask(&api, get("/version")).await.json(),
        json!({"version": "1.2.3"})
    );
    assert_eq!(
        ask(&api, get("/config")).await.json(),
        json!({"max_file_bytes": 1})
    );
    let keys = json!({"keys": [
        {"kty": "OKP", "use": "sig", "kid": "k1", "alg": "EdDSA", "crv": "Ed25519", "x": "AA"}
    ]});
    assert_eq!(ask(&api, get("/.well-known/jwks.json")).await.json(), keys);
    let head = ask(&api, request(Method::HEAD, "/version").finish()).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn serves_the_document_and_its_pages() {
    let api = system(healthy());
    let answer = ask(&api, get("/openapi.json")).await;
    assert_eq!(answer.json()["openapi"], "3.0.3");
    let etag = answer.header("etag").to_owned();
    let again = request(Method::GET, "/openapi.json").header("if-none-match", etag);
    assert_eq!(ask(&api, again.finish()).await.status, 304);
    let packed = request(Method::GET, "/openapi.yaml").header("accept-encoding", "gzip");
    let packed = ask(&api, packed.finish()).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.body.get(..2), Some(&[0x1f, 0x8b][..]));
    for page in ["/docs", "/redoc", "/scalar"] {
        let answer = ask(&api, get(page)).await;
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{page}"
        );
        assert!(
            answer
                .header("content-security-policy")
                .contains("script-src 'self'")
        );
    }
    assert_eq!(ask(&api, get("/docs/assets/redoc.js")).await.status, 200);
    assert_eq!(
        ask(&api, get("/docs/assets/none.js")).await.code(),
        "not_found"
    );
}

#[tokio::test]
async fn explains_its_problems() {
    let notes = notes();
    let answer = ask(&notes, get("/problems/file_locked")).await;
    assert_eq!(answer.json()["status"], 423);
    let html = request(Method::GET, "/problems/file_locked").header("accept", "text/html");
    let html = ask(&notes, html.finish()).await;
    assert!(html.header("content-type").starts_with("text/html"));
    let list = ask(&notes, get("/problems")).await.json();
    assert_eq!(
        list["items"].as_array().map(Vec::len),
        Some(codes::ALL.len())
    );
    assert_eq!(ask(&notes, get("/problems/none")).await.code(), "not_found");
}

#[test]
fn the_document_names_the_statuses_of_an_operation() {
    let document = document::<(Notes, ProblemPages)>();
    let put = &document["paths"]["/api/v1/notes/{id}"]["put"];
    let statuses: Vec<_> = put["responses"]
        .as_object()
        .expect("responses")
        .keys()
        .collect();
    assert_eq!(
        statuses,
        [
            "200", "400", "404", "409", "412", "413", "415", "423", "429", "500", "503"
        ]
    );
    assert_eq!(
        put["responses"]["423"]["$ref"],
        "#/components/responses/Locked"
    );
    assert_eq!(
        document["components"]["schemas"]["NewNote"]["additionalProperties"],
        false
    );
    assert!(document["components"]["schemas"]["Note"]["additionalProperties"].is_null());
    let busy = &document["components"]["responses"]["ServiceUnavailable"];
    assert!(busy["headers"]["Retry-After"].is_object());
}
