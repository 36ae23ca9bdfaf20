//! Refresh tokens: single use, token families, and a grace time for retries.

use std::collections::BTreeSet;

use serde_json::json;
use tenantry_tests::harness::{Actor, ApiResponse, TestService, until};

async fn refresh(actor: &Actor, token: &str) -> ApiResponse {
    let body = json!({ "refresh_token": token });
    let stranger = actor.with_token(None);
    stranger.post("/api/v1/auth/refresh", &body).await
}

fn refresh_token_of(actor: &Actor) -> &str {
    actor.refresh_token.as_deref().expect("a refresh token")
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_for_a_new_pair() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;

    let pair = refresh(&alice, refresh_token_of(&alice)).await.expect(200);

    assert_ne!(pair.text("refresh_token"), refresh_token_of(&alice));
    assert_eq!(pair.json()["token_type"], "Bearer");
    let alice = alice.with_token(Some(&pair.text("access_token")));
    alice.get("/api/v1/auth/me").await.expect(200);
    // The successor works as well.
    let next = refresh(&alice, &pair.text("refresh_token")).await;
    next.expect(200);
}

#[tokio::test]
async fn concurrent_refreshes_of_one_token_return_one_successor() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let calls = (0..16).map(|_| {
        let alice = alice.clone();
        tokio::spawn(async move { refresh(&alice, refresh_token_of(&alice)).await })
    });
    let mut successors = BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        let pair = call.await.expect("a response").expect(200);
        successors.insert(pair.text("refresh_token"));
        let alice = alice.with_token(Some(&pair.text("access_token")));
        alice.get("/api/v1/auth/me").await.expect(200);
    }
    assert_eq!(successors.len(), 1);
    let successor = successors.first().expect("a successor");
    refresh(&alice, successor).await.expect(200);
}

#[tokio::test]
async fn a_refresh_can_be_retried() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let first = refresh(&alice, refresh_token_of(&alice)).await.expect(200);
    let again = refresh(&alice, refresh_token_of(&alice)).await.expect(200);
    assert_eq!(again.text("refresh_token"), first.text("refresh_token"));
}

#[tokio::test]
async fn reuse_of_an_older_token_revokes_the_family() {
    let service = TestService::start().await;
    let mut alice = service.company("acme").await;
    let stolen = refresh_token_of(&alice).to_owned();
    let elsewhere = {
        let mut elsewhere = alice.clone();
        elsewhere.sign_in().await;
        elsewhere
    };
    for _ in 0..2 {
        let pair = refresh(&alice, refresh_token_of(&alice)).await.expect(200);
        alice.token = Some(pair.text("access_token"));
        alice.refresh_token = Some(pair.text("refresh_token"));
    }
    alice.get("/api/v1/auth/me").await.expect(200);

    let refused = refresh(&alice, &stolen).await;
    refused.expect_problem(401, "unauthorized");

    let refused = refresh(&alice, refresh_token_of(&alice)).await;
    refused.expect_problem(401, "unauthorized");
    let refused = alice.get("/api/v1/auth/me").await;
    refused.expect_problem(401, "unauthorized");
    // Another sign-in is another family.
    elsewhere.get("/api/v1/auth/me").await.expect(200);
}

#[tokio::test]
async fn without_a_grace_time_reuse_revokes_the_family() {
    let settings = [("TENANTRY_SECURITY__REFRESH_GRACE_SECONDS", "0")];
    let service = TestService::with(&settings).await;
    let alice = service.company("acme").await;
    let first = refresh(&alice, refresh_token_of(&alice)).await.expect(200);
    // Reuse within the millisecond of the rotation counts as a retry.
    until("the first token is refused", async || {
        let again = refresh(&alice, refresh_token_of(&alice)).await;
        (again.status == 401).then_some(())
    })
    .await;
    let refused = refresh(&alice, &first.text("refresh_token")).await;
    refused.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn invalid_refresh_tokens_are_rejected_without_side_effects() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let elsewhere = TestService::start().await;
    let mallory = elsewhere.company("mallory").await;
    let token = refresh_token_of(&alice);
    let flipped: String = token.chars().rev().collect();
    for garbled in [
        "",
        "x",
        &token[1..],
        &format!("{token}="),
        &flipped,
        &"A".repeat(token.len()),
        refresh_token_of(&mallory),
        alice
            .token
            .as_deref()
            .expect("an access token")
            .get(..200)
            .expect("long"),
    ] {
        let refused = refresh(&alice, garbled).await;
        refused.expect_problem(401, "unauthorized");
    }
    let long = refresh(&alice, &"A".repeat(257)).await;
    long.expect_field("refresh_token", "too_long");
    refresh(&alice, token).await.expect(200);
}

#[tokio::test]
async fn sessions_survive_a_restart() {
    let mut service = TestService::start().await;
    let alice = service.company("acme").await;
    let pair = refresh(&alice, refresh_token_of(&alice)).await.expect(200);

    service.restart(&[]).await;

    let mut back = service.anonymous();
    back.token = Some(pair.text("access_token"));
    back.get("/api/v1/auth/me").await.expect(200);
    let retried = refresh(&back, refresh_token_of(&alice)).await.expect(200);
    assert_eq!(retried.text("refresh_token"), pair.text("refresh_token"));
    refresh(&back, &pair.text("refresh_token"))
        .await
        .expect(200);
}
