//! Uploads as the request body.

use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderName, IF_MATCH, IF_NONE_MATCH},
};
use serde_json::json;
use tenantry_domain::quota::MIN_CHARGE_BYTES;
use tenantry_tests::harness::{Actor, ApiResponse, TestService, until};

async fn put(actor: &Actor, path: &str, header: (HeaderName, &str), body: &str) -> ApiResponse {
    let request = actor
        .request(Method::PUT, "/api/v1/files/content")
        .query(&[("path", path)])
        .header(CONTENT_TYPE, "text/plain")
        .header(header.0, header.1)
        .body(body.to_owned());
    actor.send(request).await
}

#[tokio::test]
async fn a_second_upload_to_a_path_creates_a_version() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let first = alice.upload("a.txt", "text/plain", "one").await.expect(201);
    let second = alice.upload("a.txt", "text/plain", "two").await.expect(200);

    assert_eq!(first.text("file_id"), second.text("file_id"));
    assert_eq!(first.json()["version"], 1);
    assert_eq!(second.json()["version"], 2);
    let tag = second.header("etag").expect("a tag");
    assert_ne!(first.header("etag").expect("a tag"), tag);
    let location = first.header("location").expect("a location");
    assert_eq!(second.header("location"), Some(location));
    let id = first.text("file_id");
    alice.processed(&id).await;
    let download = alice.download(&id).await.expect(200);
    assert_eq!(download.body, "two");
    assert_eq!(download.header("etag"), Some(tag));
    // Paths are case-sensitive and compared in NFC.
    alice.upload("A.txt", "text/plain", "x").await.expect(201);
    alice.upload("ü.txt", "text/plain", "x").await.expect(201);
    let composed = alice.upload("u\u{308}.txt", "text/plain", "y").await;
    composed.expect(200);
}

#[tokio::test]
async fn conditional_uploads_are_evaluated() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let missing = put(&alice, "a.txt", (IF_MATCH, "*"), "x").await;
    missing.expect_problem(412, "precondition_failed");
    let first = put(&alice, "a.txt", (IF_NONE_MATCH, "*"), "one").await;
    let first = first.expect(201);
    let tag = first.header("etag").expect("a tag").to_owned();

    let again = put(&alice, "a.txt", (IF_NONE_MATCH, "*"), "two").await;
    again.expect_problem(412, "precondition_failed");
    let second = put(&alice, "a.txt", (IF_MATCH, &tag), "two").await;
    let second = second.expect(200);
    let stale = put(&alice, "a.txt", (IF_MATCH, &tag), "three").await;
    stale.expect_problem(412, "precondition_failed");
    let fresh = second.header("etag").expect("a tag");
    let list = format!("\"other\", {fresh}");
    put(&alice, "a.txt", (IF_MATCH, &list), "three")
        .await
        .expect(200);
    put(&alice, "a.txt", (IF_MATCH, "*"), "four")
        .await
        .expect(200);

    for (name, value) in [
        (IF_NONE_MATCH, tag.as_str()),
        (IF_MATCH, "no quotes"),
        (IF_MATCH, "\"open"),
    ] {
        let refused = put(&alice, "a.txt", (name, value), "x").await;
        refused.expect_problem(400, "validation_failed");
    }
    assert_eq!(alice.usage().await["storage_reserved_bytes"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_conditional_creations_succeed_once() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let writers = (0..16).map(|number| {
        let alice = alice.clone();
        tokio::spawn(async move {
            let body = format!("writer {number}");
            put(&alice, "a.txt", (IF_NONE_MATCH, "*"), &body)
                .await
                .status
                .as_u16()
        })
    });
    let mut created = 0;
    for writer in writers.collect::<Vec<_>>() {
        match writer.await.expect("a response") {
            201 => created += 1,
            other => assert_eq!(other, 412),
        }
    }
    assert_eq!(created, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_unconditional_uploads_each_create_a_version() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let writers = (0..16).map(|number| {
        let alice = alice.clone();
        tokio::spawn(async move {
            let body = format!("writer {number}");
            let uploaded = alice.upload("a.txt", "text/plain", body).await;
            uploaded.json()["version"].as_u64()
        })
    });
    let mut versions = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        versions.extend(writer.await.expect("a response"));
    }
    versions.sort_unstable();
    assert_eq!(versions, (1..=16).collect::<Vec<_>>());
}

#[tokio::test]
async fn uploads_with_invalid_framing_are_discarded() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let head = |path: &str, framing: &str| {
        let path = format!("/api/v1/files/content?path={path}");
        let head = alice.head("PUT", &path);
        format!("{head}Content-Type: text/plain\r\n{framing}\r\n\r\n")
    };

    // Chunked bodies need no length.
    let mut wire = alice.wire().await;
    wire.send(head("chunks.txt", "Transfer-Encoding: chunked"))
        .await;
    wire.send("5\r\nhello\r\n0\r\n\r\n").await;
    let stored = wire.response().await.expect(201);
    assert_eq!(stored.json()["size_bytes"], 5);

    // Fewer bytes than declared.
    let mut wire = alice.wire().await;
    wire.send(head("short.txt", "Content-Length: 100")).await;
    wire.send("hello").await;
    drop(wire);
    // Invalid chunks, and missing, invalid or contradictory lengths.
    for (framing, body) in [
        ("Transfer-Encoding: chunked", "zz\r\nhello\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "ffffffffffffffffff\r\nhello"),
        ("Content-Length: -5", "hello"),
        ("Content-Length: five", "hello"),
        ("Content-Length: 5\r\nContent-Length: 6", "hello!"),
        (
            "Transfer-Encoding: gzip, chunked",
            "5\r\nhello\r\n0\r\n\r\n",
        ),
    ] {
        let mut wire = alice.wire().await;
        wire.send(head("broken.txt", framing)).await;
        wire.send(body).await;
        let status = wire.response().await.status.as_u16();
        assert!((400..500).contains(&status), "{framing}: {status}");
    }

    // Bytes after the declared length are another, invalid request.
    let mut wire = alice.wire().await;
    wire.send(head("more.txt", "Content-Length: 5")).await;
    wire.send("hello and more").await;
    let stored = wire.response().await.expect(201);
    assert_eq!(stored.json()["size_bytes"], 5);

    until("the reservation is released", async || {
        let usage = alice.usage().await;
        (usage["storage_reserved_bytes"] == 0).then_some(())
    })
    .await;
    let files = alice.get("/api/v1/files").await.expect(200).json();
    let names: Vec<_> = files["items"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| file["filename"].clone())
        .collect();
    assert_eq!(names, [json!("chunks.txt"), json!("more.txt")]);
    assert_eq!(
        alice.usage().await["storage_used_bytes"],
        2 * MIN_CHARGE_BYTES
    );
}

#[tokio::test]
async fn the_declared_type_is_parsed_leniently() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let typed = async |kind: Option<&str>| {
        let request = alice
            .request(Method::PUT, "/api/v1/files/content")
            .query(&[("path", "a.bin")]);
        let request = match kind {
            Some(kind) => request.header(CONTENT_TYPE, kind),
            None => request,
        };
        alice.send(request.body("hello")).await
    };
    for (given, kept) in [
        (None, "text/plain"),
        (Some("nonsense"), "text/plain"),
        (Some("application/x-www-form-urlencoded"), "text/plain"),
        (Some("text/plain; charset=utf-8"), "text/plain"),
        (Some("TEXT/CSV"), "text/csv"),
        (Some("application/x-unknown"), "application/x-unknown"),
    ] {
        let stored = typed(given).await;
        let file = alice.processed(&stored.text("file_id")).await;
        assert_eq!(file["mime_type"], kept, "{given:?}");
    }
    let encoded = alice
        .request(Method::PUT, "/api/v1/files/content?path=b.bin")
        .header(CONTENT_TYPE, "text/plain")
        .header("content-encoding", "gzip");
    let refused = alice.send(encoded.body("hello")).await;
    refused.expect_problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn invalid_paths_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let long = "x".repeat(256);
    for path in [
        "",
        "/",
        "/etc/passwd",
        "../up",
        "a/../../up",
        "a/./b",
        "a//b",
        "a/",
        "a\\b",
        "a\0b",
        "a\r\nSet-Cookie: x",
        "a\u{202e}b",
        " a",
        "a ",
        &long,
        &"x/".repeat(600),
    ] {
        let refused = alice.upload(path, "text/plain", "x").await;
        refused.expect_problem(400, "validation_failed");
    }
    let stray = alice.request(Method::PUT, "/api/v1/files/content?path=%FF");
    let refused = alice
        .send(stray.header(CONTENT_TYPE, "text/plain").body("x"))
        .await;
    refused.expect_problem(400, "malformed_request");
    let projects = "/api/v1/files/content?path=a&bucket=projects";
    let request = alice.request(Method::PUT, projects);
    let refused = alice
        .send(request.header(CONTENT_TYPE, "text/plain").body("x"))
        .await;
    refused.expect_problem(404, "bucket_not_found");
}
