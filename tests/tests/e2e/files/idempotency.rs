//! Uploads with an idempotency key take effect once.

use futures_util::future::join_all;
use reqwest::{Body, Method, header::CONTENT_TYPE};
use tenantry_tests::harness::{Actor, ApiResponse, Form, TestService, until};

async fn upload(actor: &Actor, path: &str, key: &str, form: impl Into<Body>) -> ApiResponse {
    let request = actor
        .request(Method::POST, path)
        .header(CONTENT_TYPE, Form::CONTENT_TYPE)
        .header("Idempotency-Key", key)
        .body(form);
    actor.send(request).await
}

fn form(content: &str) -> Vec<u8> {
    Form::new().file("a.txt", "text/plain", content).end()
}

async fn file_count(actor: &Actor) -> u64 {
    let files = actor.get("/api/v1/files?include_total=true").await;
    files.expect(200).json()["total"].as_u64().expect("a total")
}

#[tokio::test]
async fn a_repeated_request_returns_the_first_response() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let first = upload(&alice, "/api/v1/files", "k-1", form("hello")).await;
    let first = first.expect(201);
    alice.processed(&first.text("file_id")).await;
    let usage = alice.usage().await;

    // Both paths are one operation; quotes are not part of the key.
    for (path, key) in [("/api/v1/files", "k-1"), ("/api/v1/upload", "\"k-1\"")] {
        let again = upload(&alice, path, key, form("hello")).await.expect(201);
        assert_eq!(again.json(), first.json());
        let location = first.header("location").expect("a location");
        assert_eq!(again.header("location"), Some(location));
    }
    assert_eq!(file_count(&alice).await, 1);
    assert_eq!(alice.usage().await, usage);

    // Also after the file was deleted.
    let file = format!("/api/v1/files/{}", first.text("file_id"));
    alice.delete(&file).await.expect(204);
    let again = upload(&alice, "/api/v1/files", "k-1", form("hello")).await;
    assert_eq!(again.expect(201).json(), first.json());
    assert_eq!(file_count(&alice).await, 0);
}

#[tokio::test]
async fn a_key_is_rejected_for_another_request() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let first = upload(&alice, "/api/v1/files", "k", form("hello")).await;
    first.expect(201);
    let file = |name, kind, content| Form::new().file(name, kind, content).end();
    for other in [
        form("jello"),
        form("hello there"),
        file("b.txt", "text/plain", "hello"),
        file("a.txt", "text/html", "hello"),
        Form::new()
            .field("bucket", "users")
            .file("a.txt", "text/plain", "hello")
            .end(),
        Form::new()
            .field("tags", r#"{"a":1}"#)
            .file("a.txt", "text/plain", "hello")
            .end(),
        Form::new()
            .field("path", "a.txt")
            .file("a.txt", "text/plain", "hello")
            .end(),
    ] {
        let refused = upload(&alice, "/api/v1/files", "k", other).await;
        refused.expect_problem(409, "idempotency_mismatch");
    }
    assert_eq!(file_count(&alice).await, 1);
}

#[tokio::test]
async fn keys_are_scoped_to_the_caller() {
    let service = TestService::start().await;
    let (alice, bob) = (
        service.company("acme").await,
        service.company("globex").await,
    );
    let first = upload(&alice, "/api/v1/files", "k", form("hello")).await;
    let second = upload(&bob, "/api/v1/files", "k", form("other")).await;
    let (first, second) = (first.expect(201), second.expect(201));
    assert_ne!(first.text("file_id"), second.text("file_id"));
}

#[tokio::test]
async fn rejected_requests_release_their_key() {
    let service = TestService::with(&[("TENANTRY_LIMITS__MAX_FILE_MB", "1")]).await;
    let alice = service.company("acme").await;
    let large = form(&"x".repeat(1024 * 1024 + 1));
    let refused = upload(&alice, "/api/v1/files", "k", large).await;
    refused.expect_problem(413, "file_too_large");
    let cut = Form::new().file("a.txt", "text/plain", "hello").cut();
    let refused = upload(&alice, "/api/v1/files", "k", cut).await;
    refused.expect_problem(400, "malformed_request");
    let first = upload(&alice, "/api/v1/files", "k", form("hello")).await;
    first.expect(201);
}

#[tokio::test]
async fn a_key_is_locked_while_its_request_runs() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let whole = form(&"x".repeat(100_000));
    let (sent, rest) = whole.split_at(50_000);
    let mut wire = alice.wire().await;
    let head = alice.head("POST", "/api/v1/files");
    let (kind, length) = (Form::CONTENT_TYPE, whole.len());
    wire.send(format!(
        "{head}Content-Type: {kind}\r\nContent-Length: {length}\r\nIdempotency-Key: k\r\n\r\n"
    ))
    .await;
    wire.send(sent).await;
    until("the upload is in progress", async || {
        (alice.usage().await["open_uploads"] == 1).then_some(())
    })
    .await;

    let second = upload(&alice, "/api/v1/files", "k", whole.clone()).await;
    second.expect_problem(409, "idempotency_in_flight");
    wire.send(rest).await;
    let first = wire.response().await.expect(201);
    let again = upload(&alice, "/api/v1/files", "k", whole.clone()).await;
    assert_eq!(again.expect(201).json(), first.json());
    assert_eq!(file_count(&alice).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_requests_with_one_key_take_effect_once() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let responses =
        join_all((0..16).map(|_| upload(&alice, "/api/v1/files", "k", form("hello")))).await;
    let mut done = Vec::new();
    for response in responses {
        if response.status == 409 {
            response.expect_problem(409, "idempotency_in_flight");
        } else {
            done.push(response.expect(201).json());
        }
    }
    let last = upload(&alice, "/api/v1/files", "k", form("hello")).await;
    let last = last.expect(201).json();
    assert!(!done.is_empty(), "every request was refused");
    assert!(done.iter().all(|response| *response == last), "{done:?}");
    assert_eq!(file_count(&alice).await, 1);
}

#[tokio::test]
async fn invalid_keys_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for key in ["", "\"\"", "a b", &"k".repeat(256)] {
        let refused = upload(&alice, "/api/v1/files", key, form("hello")).await;
        refused.expect_problem(400, "validation_failed");
    }
    assert_eq!(file_count(&alice).await, 0);
}
