//! The current user.

use reqwest::{Method, header::IF_MATCH};
use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, ApiResponse, PASSWORD, TestService, expect_null};

async fn change(actor: &Actor, body: &Value) -> ApiResponse {
    actor.put("/api/v1/auth/me", body).await
}

#[tokio::test]
async fn names_can_be_set_and_cleared() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;

    let body = json!({
        "display_name": "Alice 🗂",
        "username": "alice",
        "current_password": PASSWORD,
    });
    let me = change(&alice, &body).await.expect(200).json();
    assert_eq!(me["user"]["display_name"], "Alice 🗂");
    assert_eq!(me["user"]["username"], "alice");

    // Absent members are kept, `null` clears.
    let body = json!({ "display_name": null });
    let me = change(&alice, &body).await.expect(200).json();
    expect_null(&me["user"], "display_name");
    assert_eq!(me["user"]["username"], "alice");
    let seen = alice.get("/api/v1/auth/me").await.expect(200).json();
    assert_eq!(seen, me);
}

#[tokio::test]
async fn stale_updates_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let seen = alice.get("/api/v1/auth/me").await.expect(200);
    let tag = seen.header("etag").expect("a tag").to_owned();
    let with_tag = async |tag: &str, name: &str| {
        let request = alice.request(Method::PUT, "/api/v1/auth/me");
        let request = request.header(IF_MATCH, tag);
        alice
            .send(request.json(&json!({ "display_name": name })))
            .await
    };

    let changed = with_tag(&tag, "First").await.expect(200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    for stale in [tag.as_str(), "\"other\"", "W/\"r1\""] {
        let refused = with_tag(stale, "Second").await;
        refused.expect_problem(412, "precondition_failed");
    }
    with_tag("*", "Third").await.expect(200);
    let refused = with_tag("r1", "Fourth").await;
    refused.expect_problem(400, "validation_failed");
    let seen = alice.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(seen.text("user/display_name"), "Third");
}

#[tokio::test]
async fn changing_the_address_or_username_requires_the_password() {
    let service = TestService::start().await;
    let mut alice = service.company("acme").await;
    let named = json!({ "username": "alice", "current_password": PASSWORD });
    change(&alice, &named).await.expect(200);
    for names in [
        json!({ "email": "new@example.com" }),
        json!({ "username": "other" }),
        json!({ "username": null }),
        json!({ "username": "Alice", "display_name": "Alice" }),
    ] {
        for password in [None, Some("wrong horse battery"), Some("")] {
            let mut body = names.clone();
            if let Some(password) = password {
                body["current_password"] = json!(password);
            }
            let refused = change(&alice, &body).await;
            refused.expect_field("current_password", "wrong_password");
        }
    }
    // The same names are no change.
    let same = json!({ "username": "alice", "email": alice.email, "display_name": "Alice" });
    let me = change(&alice, &same).await.expect(200);
    assert_eq!(me.text("user/display_name"), "Alice");
    let body = json!({ "email": "new@example.com", "current_password": PASSWORD });
    change(&alice, &body).await.expect(200);

    let body = json!({ "identifier": alice.email, "password": PASSWORD });
    let old = alice.post("/api/v1/auth/login", &body).await;
    old.expect_problem(401, "unauthorized");
    alice.email = "NEW@example.com".to_owned();
    alice.sign_in().await;
}

#[tokio::test]
async fn names_of_other_users_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let body = json!({ "username": "alice", "current_password": PASSWORD });
    change(&alice, &body).await.expect(200);

    let body = json!({ "username": "ALICE", "current_password": PASSWORD });
    let refused = change(&bob, &body).await;
    refused.expect_problem(409, "already_exists");
    let body = json!({ "email": alice.email.to_uppercase(), "current_password": PASSWORD });
    let refused = change(&bob, &body).await;
    refused.expect_problem(409, "already_exists");
}

#[tokio::test]
async fn other_fields_cannot_be_assigned() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for field in [
        "id",
        "roles",
        "permissions",
        "platform_admin",
        "email_verified",
        "status",
        "password_hash",
        "tenant_id",
    ] {
        let refused = change(&alice, &json!({ field: true })).await;
        refused.expect_field(field, "unknown_field");
    }
    assert!(!service.identity(&alice).await.platform_admin);
}
