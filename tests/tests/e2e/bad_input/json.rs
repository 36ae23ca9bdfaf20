//! Bodies that are not JSON, or not the expected JSON.

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, ApiResponse, Operation, TestService};

use crate::cases::{Call, Payload, Resources, served_operations, valid_call};

/// Returns every operation that reads JSON, with a valid call and its body.
async fn json_calls(service: &TestService, alice: &Actor) -> Vec<(Operation, Call, Value)> {
    let own = Resources::create(service, alice, "a.txt").await;
    let mut calls = Vec::new();
    for operation in served_operations(alice).await {
        let call = valid_call(&operation, &own);
        if let Payload::Json(body) = &call.payload {
            let body = body.clone();
            calls.push((operation, call, body));
        }
    }
    assert!(calls.len() >= 4, "too few operations read JSON");
    calls
}

async fn send_text(alice: &Actor, call: &Call, kind: Option<&str>, body: &[u8]) -> ApiResponse {
    let mut without_body = call.clone();
    without_body.payload = Payload::Nothing;
    let mut request = without_body.request(alice);
    if let Some(kind) = kind {
        request = request.header(CONTENT_TYPE, kind);
    }
    alice.send(request.body(body.to_vec())).await
}

#[tokio::test]
async fn invalid_json_is_rejected() {
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
            &"[".repeat(1_000).into_bytes(),
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
        let deep = format!("{}{}", "{\"a\":".repeat(1_000), "}".repeat(1_000));
        let refused = send_text(&alice, &call, Some("application/json"), deep.as_bytes()).await;
        refused.expect_problem(400, "malformed_request");
    }
}

#[tokio::test]
async fn every_invalid_field_is_reported() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (operation, call, body) in json_calls(&service, &alice).await {
        let send = async |body: &Value| {
            let mut call = call.clone();
            call.payload = Payload::Json(body.clone());
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
                // An object is a valid type here.
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
                // The values of this field are a closed list.
                let is_choice = name == "content_types";
                let code = if is_choice {
                    "invalid_choice"
                } else {
                    "too_long"
                };
                send(&long).await.expect_field(name, code);
                let mut nul = body.clone();
                nul[name] = json!("a\u{0}b@example.com");
                let response = send(&nul).await;
                let status = response.status.as_u16();
                assert!(
                    (400..500).contains(&status),
                    "{} {name}: {status}",
                    operation.id
                );
            }
        }
        // Required members are missing.
        let response = send(&json!({})).await;
        assert!(response.status.as_u16() < 500, "{}", operation.id);
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
async fn other_content_types_and_large_bodies_are_rejected() {
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
