//! Updating and deleting files, and their versions.

use reqwest::{
    Method,
    header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH},
};
use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, ApiResponse, Form, TestService, expect_null};

async fn update(actor: &Actor, id: &str, body: &Value) -> ApiResponse {
    actor.patch(&format!("/api/v1/files/{id}"), body).await
}

async fn upload(actor: &Actor, path: &str) -> String {
    let file = actor
        .upload_ready(path, "text/plain", path.to_owned())
        .await;
    file["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn numbers_in_tags_are_exact_or_refused() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let id = upload(&alice, "a.txt").await;
    let set = async |number: &str| {
        let request = alice.request(Method::PATCH, &format!("/api/v1/files/{id}"));
        let request = request.header(CONTENT_TYPE, "application/json");
        let body = format!("{{\"tags\": {{\"n\": {number}}}}}");
        alice.send(request.body(body)).await
    };
    for number in [
        "9223372036854775807",
        "-9223372036854775808",
        "9007199254740993",
        "0.1",
        "1e+300",
        "-2.5e-9",
    ] {
        set(number).await.expect(200);
        let body = alice.file(&id).await.expect(200).body;
        let expected = format!("\"tags\":{{\"n\":{number}}}");
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains(&expected), "{number}: {body}");
    }
    for number in [
        "9223372036854775808",
        "18446744073709551615",
        "36893488147419103233",
        "9007199254740993.0",
        "0.1000000000000000000001",
        "1e-400",
    ] {
        set(number).await.expect_field("tags.n", "inexact_number");
        let tags = format!("{{\"n\": {number}}}");
        let form = Form::new().field("tags", tags).file("b.txt", "", "x").end();
        let refused = alice.upload_form(form).await;
        refused.expect_field("tags", "inexact_number");
    }
}

#[tokio::test]
async fn files_are_moved_and_tagged() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let id = upload(&alice, "a.txt").await;

    let tags = json!({ "kind": "letter", "pages": 2 });
    let moved = update(&alice, &id, &json!({ "path": "b/c.txt", "tags": tags })).await;
    let moved = moved.expect(200).json();
    assert_eq!(
        (&moved["path"], &moved["filename"]),
        (&json!("b/c.txt"), &json!("c.txt"))
    );
    assert_eq!(moved["tags"], tags);
    assert_eq!(alice.file(&id).await.expect(200).json(), moved);

    // Absent members are kept, the old path is free, and the content moves
    // along.
    let moved = update(&alice, &id, &json!({ "path": "c.txt" })).await;
    assert_eq!(moved.expect(200).json()["tags"], tags);
    let cleared = update(&alice, &id, &json!({ "tags": {} })).await;
    assert_eq!(cleared.expect(200).json()["tags"], json!({}));
    upload(&alice, "a.txt").await;
    let content = alice.get("/api/v1/files/content?path=c.txt").await;
    assert_eq!(content.expect(200).body, "a.txt");
}

#[tokio::test]
async fn invalid_updates_change_nothing() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let id = upload(&alice, "a.txt").await;
    upload(&alice, "taken.txt").await;
    let before = alice.file(&id).await.expect(200);

    let refused = update(&alice, &id, &json!({ "path": "taken.txt" })).await;
    refused.expect_problem(409, "already_exists");
    for (body, field, code) in [
        (json!({ "path": "../a" }), "path", "invalid_format"),
        (json!({ "path": "" }), "path", "too_short"),
        (json!({ "path": null }), "path", "invalid_type"),
        (json!({ "path": 7 }), "path", "invalid_type"),
        (json!({ "tags": [] }), "tags", "invalid_type"),
        (json!({ "tags": null }), "tags", "invalid_type"),
        (json!({ "tags": { "a": [] } }), "tags", "invalid_format"),
        (
            json!({ "tags": { "a:b": 1 } }),
            "tags",
            "invalid_characters",
        ),
        (json!({ "tags": { "": 1 } }), "tags", "too_long"),
        (
            json!({ "tags": { "a": "x".repeat(257) } }),
            "tags",
            "too_long",
        ),
        (
            json!({ "owner_id": alice.user_id }),
            "owner_id",
            "unknown_field",
        ),
        (json!({ "status": "ready" }), "status", "unknown_field"),
        (json!({ "bucket": "users" }), "bucket", "unknown_field"),
    ] {
        let refused = update(&alice, &id, &body).await;
        refused.expect_field(field, code);
    }
    let many: serde_json::Map<_, _> = (0..51).map(|n| (format!("k{n}"), json!(n))).collect();
    let refused = update(&alice, &id, &json!({ "tags": many })).await;
    refused.expect_field("tags", "too_many");

    let after = alice.file(&id).await.expect(200);
    assert_eq!(after.json(), before.json());
    let tag = before.header("etag").expect("a tag");
    assert_eq!(after.header("etag"), Some(tag));
}

#[tokio::test]
async fn stale_updates_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let id = upload(&alice, "a.txt").await;
    let path = format!("/api/v1/files/{id}");
    let tag = alice.file_tag(&id).await;
    let with_tag = async |method: Method, tag: &str| {
        let request = alice.request(method, &path).header(IF_MATCH, tag);
        alice
            .send(request.json(&json!({ "tags": { "by": tag } })))
            .await
    };
    with_tag(Method::PATCH, &tag).await.expect(200);
    for method in [Method::PATCH, Method::DELETE] {
        let refused = with_tag(method, &tag).await;
        refused.expect_problem(412, "precondition_failed");
    }
    // A new version changes the entity tag of the file.
    let tag = alice.file_tag(&id).await;
    alice.upload("a.txt", "text/plain", "two").await.expect(200);
    let refused = with_tag(Method::DELETE, &tag).await;
    refused.expect_problem(412, "precondition_failed");
    alice.processed(&id).await;
    let tag = alice.file_tag(&id).await;
    with_tag(Method::DELETE, &tag).await.expect(204);
}

#[tokio::test]
async fn deleted_files_are_gone() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let id = upload(&alice, "a.txt").await;
    alice.upload("a.txt", "text/plain", "two").await.expect(200);
    alice.processed(&id).await;
    let path = format!("/api/v1/files/{id}");

    alice.delete(&path).await.expect(204);

    alice
        .delete(&path)
        .await
        .expect_problem(404, "file_not_found");
    for gone in [
        path.clone(),
        format!("{path}/content"),
        format!("{path}/content?version=1"),
        format!("{path}/versions"),
        "/api/v1/files/content?path=a.txt".to_owned(),
    ] {
        alice.get(&gone).await.expect_problem(404, "file_not_found");
    }
    let refused = update(&alice, &id, &json!({ "path": "b.txt" })).await;
    refused.expect_problem(404, "file_not_found");
    let usage = alice.usage().await;
    assert_eq!(usage["storage_used_bytes"], 0);
    // The path is free again.
    assert_ne!(upload(&alice, "a.txt").await, id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_deletions_succeed_once() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let id = upload(&alice, "a.txt").await;
    let calls = (0..8).map(|_| {
        let (alice, path) = (alice.clone(), format!("/api/v1/files/{id}"));
        tokio::spawn(async move { alice.delete(&path).await.status.as_u16() })
    });
    let mut statuses = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        statuses.push(call.await.expect("a response"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404, 404, 404, 404, 404, 404, 404]);
    assert_eq!(alice.usage().await["storage_used_bytes"], 0);
}

#[tokio::test]
async fn versions_are_listed_newest_first() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let id = upload(&alice, "a.txt").await;
    for body in ["two", "three!", "four"] {
        alice.upload("a.txt", "text/plain", body).await.expect(200);
        alice.processed(&id).await;
    }
    let path = format!("/api/v1/files/{id}/versions");
    let all = alice
        .get(&format!("{path}?include_total=true"))
        .await
        .expect(200)
        .json();
    let numbers = |page: &Value| -> Vec<u64> {
        let items = page["items"].as_array().expect("items");
        items.iter().filter_map(|v| v["version"].as_u64()).collect()
    };
    assert_eq!(numbers(&all), [4, 3, 2, 1]);
    assert_eq!(all["total"], 4);
    expect_null(&all, "next_cursor");
    let third = &all["items"][1];
    assert_eq!(third["size_bytes"], 6);
    assert_eq!(third["status"], "ready");
    assert_eq!(third["uploaded_by_email"], alice.email);

    let first = alice.get(&format!("{path}?limit=3")).await.expect(200);
    assert_eq!(numbers(&first.json()), [4, 3, 2]);
    let cursor = first.text("next_cursor");
    let second = alice.get(&format!("{path}?limit=3&cursor={cursor}")).await;
    assert_eq!(numbers(&second.expect(200).json()), [1]);
    let other = upload(&alice, "b.txt").await;
    let refused = alice
        .get(&format!("/api/v1/files/{other}/versions?cursor={cursor}"))
        .await;
    refused.expect_field("cursor", "invalid_format");
}

#[tokio::test]
async fn an_unchanged_file_is_not_modified() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let id = upload(&alice, "a.txt").await;
    let path = format!("/api/v1/files/{id}");
    let tag = alice.file_tag(&id).await;
    let known = async |tag: &str| {
        let request = alice.request(Method::GET, &path);
        alice.send(request.header(IF_NONE_MATCH, tag)).await
    };
    let unchanged = known(&tag).await.expect(304);
    assert!(unchanged.body.is_empty());
    assert_eq!(unchanged.header("etag"), Some(tag.as_str()));
    known("\"other\"").await.expect(200);
    let refused = known("other").await;
    refused.expect_field("If-None-Match", "invalid_format");
    update(&alice, &id, &json!({ "tags": { "a": 1 } }))
        .await
        .expect(200);
    known(&tag).await.expect(200);
}
