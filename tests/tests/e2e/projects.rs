//! Projects of a tenant.

use reqwest::{
    Method,
    header::{IF_MATCH, IF_NONE_MATCH},
};
use serde_json::{Value, json};
use tenantry_domain::identity::Identity;
use tenantry_tests::harness::{Actor, ApiResponse, TestService, expect_null, until};

use crate::idempotency::post;

const PROJECTS: &str = "/api/v1/projects";

async fn create(actor: &Actor, body: &Value) -> ApiResponse {
    actor.post(PROJECTS, body).await
}

/// Creates a project and returns its id.
async fn create_named(actor: &Actor, name: &str) -> String {
    let created = create(actor, &json!({ "name": name })).await;
    created.expect(201).text("id")
}

fn url(id: &str) -> String {
    format!("{PROJECTS}/{id}")
}

async fn names(actor: &Actor, query: &str) -> Vec<String> {
    let page = actor.get(&format!("{PROJECTS}?{query}")).await.expect(200);
    let page = page.json();
    let items = page["items"].as_array().expect("a list").iter();
    items
        .map(|item| item["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test]
async fn projects_are_created_changed_and_deleted() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let body = json!({ "name": " Tower ", "description": "Two\nlines" });
    let created = create(&alice, &body).await.expect(201);
    let project = created.json();
    assert_eq!(project["name"], "Tower");
    assert_eq!(project["description"], "Two\nlines");
    assert_eq!(project["created_by"], alice.user_id);
    assert_eq!(project["updated_at"], project["created_at"]);
    let location = created.header("location").expect("a location");
    let found = alice.get(location).await.expect(200);
    assert_eq!(found.json(), project);
    assert_eq!(found.header("etag"), created.header("etag"));

    let path = url(&created.text("id"));
    let renamed = alice.patch(&path, &json!({ "name": "Bridge" })).await;
    let renamed = renamed.expect(200).json();
    assert_eq!(renamed["name"], "Bridge");
    assert_eq!(renamed["description"], "Two\nlines");
    let cleared = alice.patch(&path, &json!({ "description": null })).await;
    let cleared = cleared.expect(200).json();
    expect_null(&cleared, "description");
    assert_eq!(alice.get(&path).await.expect(200).json(), cleared);

    alice.delete(&path).await.expect(204);
    alice
        .get(&path)
        .await
        .expect_problem(404, "project_not_found");
    let again = alice.delete(&path).await;
    again.expect_problem(404, "project_not_found");
    create(&alice, &json!({ "name": "BRIDGE" }))
        .await
        .expect(201);
    let audit = alice.get("/api/v1/audit?limit=5").await.expect(200).json();
    let actions = audit["items"].as_array().expect("a list").iter();
    let actions: Vec<_> = actions.map(|entry| &entry["action"]).collect();
    assert_eq!(
        actions,
        [
            "project.create",
            "project.delete",
            "project.update",
            "project.update",
            "project.create"
        ]
    );
}

#[tokio::test]
async fn names_are_unique_within_a_tenant() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let tower = create_named(&alice, "Tower").await;
    create_named(&bob, "Tower").await;
    let refused = create(&alice, &json!({ "name": "ＴＯＷＥＲ" })).await;
    refused.expect_problem(409, "already_exists");
    let bridge = create_named(&alice, "Bridge").await;
    let rename = json!({ "name": "tower" });
    let refused = alice.patch(&url(&bridge), &rename).await;
    refused.expect_problem(409, "already_exists");
    alice.patch(&url(&tower), &rename).await.expect(200);
}

#[tokio::test]
async fn invalid_values_are_reported() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let id = create_named(&alice, "Tower").await;
    for (body, field, code) in [
        (json!({ "name": " " }), "name", "too_short"),
        (
            json!({ "name": "a\u{202E}b" }),
            "name",
            "invalid_characters",
        ),
        (json!({ "name": "x".repeat(101) }), "name", "too_long"),
        (
            json!({ "name": "a", "description": "" }),
            "description",
            "too_short",
        ),
        (
            json!({ "name": "a", "description": "a\0b" }),
            "description",
            "invalid_characters",
        ),
    ] {
        for response in [
            create(&alice, &body).await,
            alice.patch(&url(&id), &body).await,
        ] {
            let refused = response.expect_problem(400, "validation_failed");
            refused.expect_field(field, code);
        }
    }
    create(&alice, &json!({}))
        .await
        .expect_field("name", "required");
    assert_eq!(names(&alice, "").await, ["Tower"]);
}

#[tokio::test]
async fn stale_changes_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let path = url(&create_named(&alice, "Tower").await);
    let first = alice.get(&path).await.expect(200);
    let first = first.header("etag").expect("a tag").to_owned();
    let change = async |method: Method, tag: &str| {
        let request = alice.request(method, &path).header(IF_MATCH, tag);
        alice.send(request.json(&json!({ "name": "Bridge" }))).await
    };
    let changed = change(Method::PATCH, &first).await.expect(200);
    let second = changed.header("etag").expect("a tag").to_owned();
    assert_ne!(second, first);
    for method in [Method::PATCH, Method::DELETE] {
        let refused = change(method, &first).await;
        refused.expect_problem(412, "precondition_failed");
    }
    for (tag, status) in [(&first, 200), (&second, 304)] {
        let request = alice.request(Method::GET, &path).header(IF_NONE_MATCH, tag);
        alice.send(request).await.expect(status);
    }
    // A change without an effect keeps the revision.
    let same = alice.patch(&path, &json!({ "name": "Bridge" })).await;
    assert_eq!(same.expect(200).header("etag"), Some(second.as_str()));
    change(Method::DELETE, &second).await.expect(204);
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paginated() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let b = create_named(&alice, "b tower").await;
    for name in ["C", "a Tower"] {
        create_named(&alice, name).await;
    }
    let change = json!({ "description": "changed" });
    alice.patch(&url(&b), &change).await.expect(200);
    for (sort, expected) in [
        ("name", ["a Tower", "b tower", "C"]),
        ("created_at", ["b tower", "C", "a Tower"]),
        ("updated_at", ["C", "a Tower", "b tower"]),
    ] {
        assert_eq!(names(&alice, &format!("sort={sort}")).await, expected);
        let reversed: Vec<_> = expected.iter().rev().copied().collect();
        assert_eq!(names(&alice, &format!("sort=-{sort}")).await, reversed);
        let query = format!("{PROJECTS}?sort=-{sort}&limit=2");
        let first = alice.get(&query).await.expect(200);
        let cursor = first.text("next_cursor");
        let rest = format!("sort=-{sort}&limit=2&cursor={cursor}");
        assert_eq!(names(&alice, &rest).await, reversed[2..]);
        let other = format!("{PROJECTS}?sort={sort}&cursor={cursor}");
        let refused = alice.get(&other).await;
        refused.expect_problem(400, "validation_failed");
    }
    assert_eq!(names(&alice, "search=TOWER").await, ["a Tower", "b tower"]);
    let counted = format!("{PROJECTS}?search=tower&include_total=true&limit=1");
    assert_eq!(alice.get(&counted).await.expect(200).json()["total"], 2);
    let refused = alice.get(&format!("{PROJECTS}?sort=size")).await;
    refused.expect_problem(400, "validation_failed");
}

#[tokio::test]
async fn a_repeated_request_returns_the_first_response() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let body = json!({ "name": "Tower", "description": "Tall" });
    let first = post(&alice, PROJECTS, "k", &body).await.expect(201);
    let again = post(&alice, PROJECTS, "k", &body).await.expect(201);
    assert_eq!(again.json(), first.json());
    for header in ["location", "etag"] {
        assert!(again.header(header).is_some(), "{header}");
        assert_eq!(again.header(header), first.header(header));
    }
    let other = json!({ "name": "Bridge" });
    let refused = post(&alice, PROJECTS, "k", &other).await;
    refused.expect_problem(409, "idempotency_mismatch");
    // Keys are scoped to the caller and to the operation.
    let bob = service.company("globex").await;
    post(&bob, PROJECTS, "k", &other).await.expect(201);
    let make = |alice: &mut Identity| alice.platform_admin = true;
    service.change_identity(&alice, make).await;
    until("the other operation is allowed", async || {
        let checked = post(&alice, "/api/v1/storage/doctor", "k", &json!({})).await;
        (checked.status == 200).then_some(())
    })
    .await;
    assert_eq!(names(&alice, "").await, ["Tower"]);
}
