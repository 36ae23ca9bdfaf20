//! Rate limits of authentication.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, ApiResponse, PASSWORD, TestService, until};

const FIVE: (&str, &str) = ("TENANTRY_LIMITS__AUTH_PER_MINUTE", "5");
const FREE: (&str, &str) = ("TENANTRY_LIMITS__FREE_FAILURES", "3");
/// Longer than any test.
const LONG: (&str, &str) = ("TENANTRY_LIMITS__FAILURE_DELAY_SECONDS", "900");
const PROXY: (&str, &str) = ("TENANTRY_HTTP__TRUSTED_PROXIES", "[\"127.0.0.0/8\"]");
const WRONG: &str = "wrong horse battery";

/// Signs in from an address.
async fn sign_in(actor: &Actor, address: &str, body: &Value) -> ApiResponse {
    let request = actor.request(Method::POST, "/api/v1/auth/login");
    let request = request.header("x-forwarded-for", address).json(body);
    actor.send(request).await
}

async fn guess(actor: &Actor, address: &str, identifier: &str) -> ApiResponse {
    let body = json!({ "identifier": identifier, "password": WRONG });
    sign_in(actor, address, &body).await
}

/// Fails from ever new addresses until the identifier is delayed; returns the
/// number of failures and the response.
async fn guess_until_delayed(actor: &Actor, identifier: &str) -> (u8, ApiResponse) {
    for number in 0..=50 {
        let response = guess(actor, &format!("192.0.2.{number}"), identifier).await;
        if response.status != 401 {
            return (number, response.expect_problem(429, "rate_limited"));
        }
    }
    panic!("no delay after 50 guesses");
}

fn seconds(response: &ApiResponse, name: &str) -> u64 {
    let value = response.header(name).expect(name);
    value.parse().expect("a number")
}

async fn refresh(actor: &Actor, token: &str) -> ApiResponse {
    let body = json!({ "refresh_token": token });
    actor
        .with_token(None)
        .post("/api/v1/auth/refresh", &body)
        .await
}

#[tokio::test]
async fn failures_of_a_network_are_limited() {
    let service = TestService::with(&[FIVE]).await;
    let stranger = service.anonymous();
    for number in 0..5 {
        let refused = guess(&stranger, "", &format!("user{number}@example.com")).await;
        refused.expect_problem(401, "unauthorized");
    }
    let limited = guess(&stranger, "", "nobody@example.com").await;
    let limited = limited.expect_problem(429, "rate_limited");
    assert!((1..=60).contains(&seconds(&limited, "retry-after")));
    assert!((1..=60).contains(&seconds(&limited, "ratelimit-reset")));
    assert_eq!(seconds(&limited, "ratelimit-limit"), 5);
    assert_eq!(seconds(&limited, "ratelimit-remaining"), 0);
    // Other operations are not limited.
    stranger.get("/version").await.expect(200);
}

#[tokio::test]
async fn successful_sign_ins_are_not_counted() {
    let service = TestService::with(&[FIVE, FREE]).await;
    let alice = service.company("acme").await;
    let body = json!({ "identifier": alice.email, "password": PASSWORD });
    for _ in 0..20 {
        let session = alice.post("/api/v1/auth/login", &body).await.expect(200);
        assert_eq!(session.header("ratelimit-limit"), Some("5"));
        assert_eq!(session.header("ratelimit-remaining"), Some("5"));
    }
    // Nor are concurrent ones.
    for session in join_all((0..4).map(|_| alice.post("/api/v1/auth/login", &body))).await {
        session.expect(200);
    }
}

#[tokio::test]
async fn registrations_of_a_network_are_limited() {
    let service = TestService::with(&[FIVE]).await;
    let stranger = service.anonymous();
    for number in 0..6 {
        let body = json!({
            "email": format!("user{number}@example.com"),
            "password": PASSWORD,
            "organization_name": format!("company {number}"),
        });
        let registered = stranger.post("/api/v1/auth/register", &body).await;
        if number < 5 {
            registered.expect(201);
        } else {
            registered.expect_problem(429, "rate_limited");
        }
    }
}

#[tokio::test]
async fn failures_of_a_user_delay_further_attempts_from_any_network() {
    let service = TestService::with(&[FREE, LONG, PROXY]).await;
    let alice = service.company("acme").await;
    let named = json!({ "username": "alice", "current_password": PASSWORD });
    alice.put("/api/v1/auth/me", &named).await.expect(200);
    let stranger = service.anonymous();

    // The e-mail address and the username count together, in any spelling.
    guess(&stranger, "192.0.2.100", &alice.email.to_uppercase()).await;
    guess(&stranger, "192.0.2.101", "ALICE").await;
    let (failures, delayed) = guess_until_delayed(&stranger, &alice.email).await;
    assert_eq!(failures, 1);
    assert!((800..=900).contains(&seconds(&delayed, "retry-after")));
    let delayed = guess(&stranger, "192.0.2.102", "alice").await;
    delayed.expect_problem(429, "rate_limited");
    // The right password is not looked at.
    let right = json!({ "identifier": alice.email, "password": PASSWORD });
    let delayed = sign_in(&stranger, "192.0.2.103", &right).await;
    delayed.expect_problem(429, "rate_limited");

    // Another user is not delayed.
    let bob = service.company("globex").await;
    guess(&stranger, "192.0.2.106", &bob.email)
        .await
        .expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn attempts_are_allowed_after_the_delay() {
    let delay = ("TENANTRY_LIMITS__FAILURE_DELAY_SECONDS", "3");
    let service = TestService::with(&[FREE, delay, PROXY]).await;
    let alice = service.company("acme").await;
    let stranger = service.anonymous();
    guess_until_delayed(&stranger, &alice.email).await;
    until("the delay has passed", async || {
        let refused = guess(&stranger, "192.0.2.100", &alice.email).await;
        (refused.status == 401).then_some(())
    })
    .await;
    let delayed = guess(&stranger, "192.0.2.101", &alice.email).await;
    let delayed = delayed.expect_problem(429, "rate_limited");
    assert!((1..=6).contains(&seconds(&delayed, "retry-after")));
    let right = json!({ "identifier": alice.email, "password": PASSWORD });
    until("the right password is accepted", async || {
        let session = sign_in(&alice, "192.0.2.102", &right).await;
        (session.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn unknown_identifiers_are_delayed_alike() {
    let service = TestService::with(&[FREE, LONG, PROXY]).await;
    let alice = service.company("acme").await;
    let stranger = service.anonymous();
    let mut responses = Vec::new();
    for identifier in [&alice.email, "nobody@example.com", "nobody"] {
        let (failures, delayed) = guess_until_delayed(&stranger, identifier).await;
        responses.push((failures, delayed.without_request_id()));
    }
    responses.dedup();
    assert_eq!(responses.len(), 1, "{responses:?}");
}

#[tokio::test]
async fn concurrent_guesses_are_counted_exactly() {
    let service = TestService::with(&[FREE, LONG, PROXY]).await;
    let alice = service.company("acme").await;
    let stranger = service.anonymous();
    for identifier in [&alice.email, "nobody@example.com"] {
        let addresses: Vec<String> = (0..50).map(|number| format!("192.0.2.{number}")).collect();
        let guesses = addresses
            .iter()
            .map(|address| guess(&stranger, address, identifier));
        let responses = join_all(guesses).await;
        let count = |status| responses.iter().filter(|r| r.status == status).count();
        assert_eq!((count(401), count(429)), (3, 47), "{identifier}");
    }
}

#[tokio::test]
async fn guesses_do_not_lock_out_a_known_device() {
    let service = TestService::with(&[FREE, LONG, PROXY]).await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let mut right = json!({ "identifier": alice.email, "password": PASSWORD });
    let session = sign_in(&alice, "192.0.2.100", &right).await.expect(200);
    let device = session.text("device_token");
    let other = json!({ "identifier": bob.email, "password": PASSWORD });
    let others = sign_in(&bob, "192.0.2.101", &other).await.expect(200);
    let foreign = others.text("device_token");

    let stranger = service.anonymous();
    guess_until_delayed(&stranger, &alice.email).await;

    // Neither another user's token nor a changed one has an effect.
    let mut changed = device.clone();
    let last = if changed.pop() == Some('0') { '1' } else { '0' };
    changed.push(last);
    for token in ["", "x", "....", &foreign, &changed] {
        right["device_token"] = json!(token);
        let delayed = sign_in(&stranger, "192.0.2.102", &right).await;
        delayed.expect_problem(429, "rate_limited");
    }
    right["device_token"] = json!(device);
    for _ in 0..5 {
        let session = sign_in(&alice, "192.0.2.102", &right).await.expect(200);
        // The next token of the same device.
        right["device_token"] = json!(session.text("device_token"));
    }

    // A device that fails itself is delayed like any other.
    let mut wrong = right.clone();
    wrong["password"] = json!(WRONG);
    for _ in 0..3 {
        let refused = sign_in(&stranger, "192.0.2.103", &wrong).await;
        refused.expect_problem(401, "unauthorized");
    }
    let delayed = sign_in(&stranger, "192.0.2.103", &wrong).await;
    delayed.expect_problem(429, "rate_limited");
    let delayed = sign_in(&alice, "192.0.2.102", &right).await;
    delayed.expect_problem(429, "rate_limited");
}

#[tokio::test]
async fn guesses_do_not_lock_out_a_session() {
    let service = TestService::with(&[FREE, LONG, PROXY]).await;
    let alice = service.company("acme").await;
    guess_until_delayed(&service.anonymous(), &alice.email).await;
    let change =
        |email: &str, password: &str| json!({ "email": email, "current_password": password });
    let moved = change("alice@example.com", PASSWORD);
    alice.put("/api/v1/auth/me", &moved).await.expect(200);

    // A session that fails itself is delayed.
    let mut wrong = 0;
    let delayed = loop {
        let refused = change("mallory@example.com", WRONG);
        let refused = alice.put("/api/v1/auth/me", &refused).await;
        if refused.status == 429 {
            break refused.expect_problem(429, "rate_limited");
        }
        refused.expect_field("current_password", "wrong_password");
        wrong += 1;
    };
    assert!((3..=4).contains(&wrong), "{wrong} guesses");
    assert!(seconds(&delayed, "retry-after") >= 1);
}

#[tokio::test]
async fn failures_of_neighbours_do_not_block_a_refresh() {
    let service = TestService::with(&[FIVE]).await;
    let alice = service.company("acme").await;
    let mut elsewhere = alice.clone();
    elsewhere.sign_in().await;
    let stranger = service.anonymous();
    while guess(&stranger, "", "nobody@example.com").await.status != 429 {}
    refresh(&stranger, "nonsense")
        .await
        .expect_problem(429, "rate_limited");

    let token = alice.refresh_token.clone().expect("a refresh token");
    let pair = refresh(&alice, &token).await.expect(200);
    assert_eq!(pair.header("ratelimit-limit"), Some("5"));
    assert_eq!(pair.header("ratelimit-remaining"), Some("4"));
    // Each session has its own budget.
    while refresh(&alice, &token).await.status == 200 {}
    let limited = refresh(&alice, &token).await;
    let limited = limited.expect_problem(429, "rate_limited");
    assert_eq!(limited.header("ratelimit-limit"), Some("5"));
    let token = elsewhere.refresh_token.clone().expect("a refresh token");
    refresh(&elsewhere, &token).await.expect(200);
}

#[tokio::test]
async fn forwarding_headers_of_untrusted_clients_are_ignored() {
    let service = TestService::with(&[FIVE]).await;
    let stranger = service.anonymous();
    let mut last = 0;
    for number in 0..6 {
        let address = format!("192.0.2.{number}");
        let identifier = format!("user{number}@example.com");
        last = guess(&stranger, &address, &identifier)
            .await
            .status
            .as_u16();
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn mapped_and_neighbouring_addresses_are_one_network() {
    let service = TestService::with(&[FIVE, PROXY]).await;
    let stranger = service.anonymous();
    for addresses in [
        ["192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207"],
        ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3"],
    ] {
        let mut statuses = Vec::new();
        for number in 0..6 {
            let identifier = format!("user{number}@{}.example.com", statuses.len());
            let refused = guess(&stranger, addresses[number % 3], &identifier).await;
            statuses.push(refused.status.as_u16());
        }
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    }
    // Other mapped addresses are other networks.
    guess(&stranger, "::ffff:192.0.2.8", "nobody")
        .await
        .expect_problem(401, "unauthorized");
}
