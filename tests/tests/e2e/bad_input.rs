//! What comes in broken: every operation says so in the one shape, cheaply,
//! and nothing is half done.

use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, Answer, Operation, TestService};

use crate::cases::{Belongings, Call, Sent, served_operations, usual};

async fn belongings(service: &TestService, alice: &Actor) -> Belongings {
    let file = alice.upload_ready("a.txt", "text/plain", "content").await;
    Belongings {
        file: file["id"].as_str().expect("an id").to_owned(),
        path: "a.txt".to_owned(),
        job: service.jobs_of(alice).await.pop().expect("a job"),
        user: alice.user_id.clone(),
        tenant: alice.tenant_id.clone(),
    }
}

/// Every operation that reads JSON, and its usual call and body.
async fn json_calls(service: &TestService, alice: &Actor) -> Vec<(Operation, Call, Value)> {
    let own = belongings(service, alice).await;
    let mut calls = Vec::new();
    for operation in served_operations(alice).await {
        let call = usual(&operation, &own);
        if let Sent::Json(body) = &call.sent {
            let body = body.clone();
            calls.push((operation, call, body));
        }
    }
    assert!(calls.len() >= 4, "operations that read json");
    calls
}

async fn send_text(alice: &Actor, call: &Call, kind: Option<&str>, body: &[u8]) -> Answer {
    let mut bare = call.clone();
    bare.sent = Sent::Nothing;
    let mut request = bare.request(alice);
    if let Some(kind) = kind {
        request = request.header(CONTENT_TYPE, kind);
    }
    alice.send(request.body(body.to_vec())).await
}

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (operation, call, body) in json_calls(&service, &alice).await {
        let text = body.to_string();
        let twice = text.replacen('{', "{\"twice\": 1, \"twice\": 2, ", 1);
        let (first, _) = text.split_at(text.len() - 1);
        let bodies: [&[u8]; 14] = [
            b"",
            b"{",
            b"hello",
            b"{'email': 'x'}",
            b"{\"a\": NaN}",
            b"{\"a\": 1e999}",
            b"{\"a\": \"\xff\xfe\"}",
            b"{\"a\": \"\\ud800\"}",
            b"{\"a\": 1,}",
            b"{} {}",
            b"\xef\xbb\xbf{}",
            first.as_bytes(),
            twice.as_bytes(),
            &"[".repeat(10_000).into_bytes(),
        ];
        for body in bodies {
            let refused = send_text(&alice, &call, Some("application/json"), body).await;
            assert_eq!(
                refused.json()["code"],
                "malformed_request",
                "{}: {:?}",
                operation.id,
                String::from_utf8_lossy(body.get(..40).unwrap_or(body))
            );
            refused.expect_problem(400, "malformed_request");
        }
        let deep = format!("{}{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
        let refused = send_text(&alice, &call, Some("application/json"), deep.as_bytes()).await;
        refused.expect_problem(400, "malformed_request");
    }
}

#[tokio::test]
async fn every_field_that_does_not_fit_is_named() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (operation, call, body) in json_calls(&service, &alice).await {
        let send = async |body: &Value| {
            let mut call = call.clone();
            call.sent = Sent::Json(body.clone());
            alice.send(call.request(&alice)).await
        };
        for wrong in [json!([]), json!("text"), json!(7), json!(true)] {
            send(&wrong).await.expect_field("body", "invalid_type");
        }
        let mut more = body.clone();
        more["is_admin"] = json!(true);
        send(&more).await.expect_field("is_admin", "unknown_field");
        let known = body.as_object().expect("an object");
        for name in known.keys() {
            for value in [json!(7), json!([]), json!({ "$gt": "" }), json!(false)] {
                // Where an object is wanted, one of anything is not wrong by its type.
                if known[name].is_object() && value.is_object() {
                    continue;
                }
                let mut wrong = body.clone();
                wrong[name] = value;
                send(&wrong).await.expect_field(name, "invalid_type");
            }
            if known[name].is_string() {
                let mut long = body.clone();
                long[name] = json!("x".repeat(5000));
                send(&long).await.expect_field(name, "too_long");
                let mut nul = body.clone();
                nul[name] = json!("a\u{0}b@example.com");
                let answer = send(&nul).await;
                let status = answer.status.as_u16();
                assert!(
                    (400..500).contains(&status),
                    "{} {name}: {status}",
                    operation.id
                );
            }
        }
        // What is required is missed.
        let answer = send(&json!({})).await;
        assert!(answer.status.as_u16() < 500, "{}", operation.id);
    }
    for (path, missing) in [
        ("register", "email"),
        ("login", "password"),
        ("refresh", "refresh_token"),
    ] {
        let path = format!("/api/v1/auth/{path}");
        alice
            .post(&path, &json!({}))
            .await
            .expect_field(missing, "required");
        let null = json!({ missing: null });
        alice
            .post(&path, &null)
            .await
            .expect_field(missing, "required");
    }
}

#[tokio::test]
async fn bodies_are_of_the_type_and_size_that_is_read() {
    let service = TestService::with(&[("TENANTRY_LIMITS__JSON_KB", "16")]).await;
    let alice = service.company("acme").await;
    for (_, call, body) in json_calls(&service, &alice).await {
        let text = body.to_string();
        for kind in [
            None,
            Some("text/plain"),
            Some("application/xml"),
            Some("application/x-www-form-urlencoded"),
            Some("application/jsonp"),
            Some("nonsense"),
        ] {
            let refused = send_text(&alice, &call, kind, text.as_bytes()).await;
            refused.expect_problem(415, "unsupported_media_type");
        }
        let huge = format!("{{\"a\": \"{}\"}}", "x".repeat(16 * 1024));
        let refused = send_text(&alice, &call, Some("application/json"), huge.as_bytes()).await;
        refused.expect_problem(413, "request_too_large");
    }
    let request = alice.request(Method::PUT, "/api/v1/auth/me");
    let request = request.header(CONTENT_TYPE, "application/json; charset=utf-8");
    alice.send(request.body("{}")).await.expect(200);
}

#[tokio::test]
async fn ids_in_paths_are_ids() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let own = belongings(&service, &alice).await;
    let mut tried = 0;
    for operation in served_operations(&alice).await {
        let call = usual(&operation, &own);
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
    assert!(tried > 50, "{tried} wrong ids");
    let stray = alice.get("/api/v1/files/%FF").await;
    stray.expect_problem(400, "malformed_request");
}

#[tokio::test]
async fn an_id_has_one_spelling_or_is_the_same_thing() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let own = belongings(&service, &alice).await;
    let upper = alice.file(&own.file.to_uppercase()).await.expect(200);
    assert_eq!(upper.json()["id"], own.file);
    for odd in [
        own.file.replace('-', ""),
        format!("{{{}}}", own.file),
        format!("urn:uuid:{}", own.file),
    ] {
        let answer = alice.file(&odd).await;
        let status = answer.status.as_u16();
        assert!(status == 200 || status == 400, "{odd}: {status}");
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_say_so() {
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
async fn odd_requests_do_not_shake_the_service() {
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
        wire.say(&request).await;
        if let Some(answer) = wire.try_answer().await {
            let status = answer.status.as_u16();
            let end: String = request.chars().rev().take(60).collect();
            assert!(
                (400..500).contains(&status),
                "{status}: {end:?} (read backwards)"
            );
        }
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
        let answer = alice.send(request.header(name, value)).await;
        let status = answer.status.as_u16();
        assert!((400..500).contains(&status), "{name}: {status}");
    }
    alice.get("/health").await.expect(200);
}

#[tokio::test]
async fn texts_survive_byte_for_byte() {
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
