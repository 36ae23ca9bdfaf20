//! Invalid paths, ids and headers.

use reqwest::{Method, header::HeaderValue};
use serde_json::json;
use tenantry_tests::harness::TestService;

use crate::cases::{Resources, served_operations, valid_call};

#[tokio::test]
async fn invalid_ids_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let own = Resources::create(&service, &alice, "a.txt").await;
    let mut tried = 0;
    for operation in served_operations(&alice).await {
        let call = valid_call(&operation, &own);
        for parameter in operation.parameters.iter().filter(|p| p.is_id) {
            for wrong in [
                "7",
                "x",
                "018f4e6a1c2d7e3f8a4b5c6d7e8f9a0",
                "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0g",
                "%27%20OR%201=1",
                "%00",
                "{file_id}",
            ] {
                if parameter.place == "query" && wrong.starts_with('%') {
                    continue;
                }
                let wrong = call.with(&parameter.place, &parameter.name, wrong);
                let refused = alice.send(wrong.request(&alice)).await;
                tried += 1;
                if operation.method == "HEAD" {
                    refused.expect(400);
                } else {
                    refused.expect_field(&parameter.name, "invalid_format");
                }
            }
        }
    }
    assert!(tried > 50, "only {tried} invalid ids");
    let stray = alice.get("/api/v1/files/%FF").await;
    stray.expect_problem(400, "malformed_request");
}

#[tokio::test]
async fn unusual_query_texts_are_handled() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let own = Resources::create(&service, &alice, "a.txt").await;
    let mut tried = 0;
    for operation in served_operations(&alice).await {
        let call = valid_call(&operation, &own);
        let texts = operation.parameters.iter();
        for parameter in texts.filter(|p| p.place == "query" && !p.is_id) {
            for odd in [
                "a\0b",
                "%_\\'\"",
                "\u{1F600}\u{0301}",
                "\u{FFFF}",
                "\r\n",
                "",
            ] {
                let odd = call.with("query", &parameter.name, odd);
                let response = alice.send(odd.request(&alice)).await;
                let status = response.status.as_u16();
                assert!(
                    status < 500,
                    "{} {}: {status}",
                    operation.id,
                    parameter.name
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 50, "only {tried} texts");
}

#[tokio::test]
async fn other_spellings_of_an_id_are_equal_or_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let own = Resources::create(&service, &alice, "a.txt").await;
    let file = &own.ids["file_id"][0];
    let upper = alice.file(&file.to_uppercase()).await.expect(200);
    assert_eq!(upper.json()["id"], *file);
    for odd in [
        file.replace('-', ""),
        format!("{{{file}}}"),
        format!("urn:uuid:{file}"),
    ] {
        let response = alice.file(&odd).await;
        let status = response.status.as_u16();
        assert!(status == 200 || status == 400, "{odd}: {status}");
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for path in [
        "/nothing",
        "/api",
        "/api/v1",
        "/api/v2/files",
        "/api/v1/filess",
        "/api/v1/files/a/b/c",
        "//api/v1/files",
        "/api/v1/auth/me/",
        "/.env",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/docs/assets/../../../etc/passwd",
        "/docs/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/problems/nonsense",
    ] {
        let refused = alice.get(path).await;
        refused.expect_problem(404, "not_found");
    }
    for (method, path, allowed) in [
        (Method::POST, "/health", "GET, HEAD"),
        (Method::DELETE, "/api/v1/files", "GET, HEAD, POST"),
        (Method::PATCH, "/api/v1/files/content", "GET, HEAD, PUT"),
        (Method::GET, "/api/v1/auth/login", "POST"),
        (Method::PUT, "/openapi.json", "GET, HEAD"),
        (Method::OPTIONS, "/api/v1/files", "GET, HEAD, POST"),
        (Method::TRACE, "/api/v1/files", "GET, HEAD, POST"),
    ] {
        let refused = alice.send(alice.request(method, path)).await;
        let refused = refused.expect_problem(405, "method_not_allowed");
        assert_eq!(refused.header("allow"), Some(allowed), "{path}");
    }
}

#[tokio::test]
async fn malformed_requests_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let get = alice.head("GET", "/api/v1/auth/me");
    let long_header = format!("X-Long: {}\r\n", "x".repeat(70_000));
    let many_headers = "X-More: y\r\n".repeat(5000);
    for request in [
        "NONSENSE\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "GET  /  HTTP/1.1\r\n\r\n".to_owned(),
        "GET /api/v1/files\0x HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
        format!("{get}Bad Header: x\r\n\r\n"),
        format!("{get}X-Null: a\0b\r\n\r\n"),
        format!("{get} folded: x\r\n\r\n"),
        format!("{get}{long_header}\r\n"),
        format!("{get}{many_headers}\r\n"),
        format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(70_000)),
    ] {
        let mut wire = alice.wire().await;
        wire.send(&request).await;
        let status = wire.response().await.status.as_u16();
        let end: String = request.chars().rev().take(60).collect();
        assert!(
            (400..500).contains(&status),
            "{status}: {end:?} (read backwards)"
        );
    }
    for (name, value) in [
        ("if-match", "\"\u{fc}\""),
        ("range", "bytes=\u{fc}"),
        ("authorization", "Bearer \u{fc}"),
        ("x-tenant-id", "\u{fc}"),
        ("host", "a\"b"),
    ] {
        let request = alice.with_token(None).request(Method::GET, "/api/v1/files");
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        let response = alice.send(request.header(name, value)).await;
        let status = response.status.as_u16();
        assert!((400..500).contains(&status), "{name}: {status}");
    }
    alice.get("/health").await.expect(200);
}

#[tokio::test]
async fn texts_are_stored_unchanged() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for text in [
        "plain",
        "Ünïcödé 文件 🗂️",
        "'; DROP TABLE files; --",
        "<b>&amp;</b>",
        "%00%0a${x}{{x}}",
        "İı ß ſ",
    ] {
        let body = json!({ "display_name": text });
        let me = alice.put("/api/v1/auth/me", &body).await.expect(200);
        assert_eq!(me.text("user/display_name"), text);
        let path = format!("{text}.txt");
        let file = alice.upload_ready(&path, "text/plain", text).await;
        assert_eq!(file["path"], path, "{file}");
    }
}
