//! Sign-in and sign-out.

use serde_json::{Value, json};
use tenantry_domain::identity::PasswordHash;
use tenantry_tests::harness::{Actor, ApiResponse, PASSWORD, TestService};

/// A bcrypt hash of [`PASSWORD`], cost 4.
const BCRYPT: &str = "$2b$04$FtizkUZ6NH35u9vgwTle1.F0g1Xxq6YCsGGxUh6KoZ0QUiYBdkyKG";

async fn login(actor: &Actor, body: &Value) -> ApiResponse {
    actor.post("/api/v1/auth/login", body).await
}

#[tokio::test]
async fn users_sign_in_by_address_or_username() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let named = json!({ "username": "Alice", "current_password": PASSWORD });
    alice.put("/api/v1/auth/me", &named).await.expect(200);
    let stranger = service.anonymous();

    for name in [
        json!({ "identifier": alice.email }),
        json!({ "identifier": "ALICE" }),
        json!({ "email": alice.email.to_uppercase() }),
        json!({ "username": "alice" }),
        json!({ "identifier": "alice", "tenant": "acme" }),
        json!({ "identifier": "alice", "tenant": alice.tenant_id }),
    ] {
        let mut body = name;
        body["password"] = json!(PASSWORD);
        let session = login(&stranger, &body).await.expect(200);
        let shown = session.json();
        assert_eq!(shown["token_type"], "Bearer");
        assert_eq!(shown["expires_in"], 15 * 60);
        assert_eq!(shown["user"]["id"], alice.user_id);
        assert_eq!(shown["tenant"]["id"], alice.tenant_id);
        assert_eq!(session.header("cache-control"), Some("no-store"));
        assert!(!session.body.windows(8).any(|eight| eight == b"$argon2i"));
    }
}

#[tokio::test]
async fn exactly_one_identifier_is_required() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    for body in [
        json!({ "password": PASSWORD }),
        json!({ "password": PASSWORD, "email": "a@b.co", "username": "ann" }),
    ] {
        let refused = login(&stranger, &body).await;
        refused.expect_field("identifier", "required");
    }
}

#[tokio::test]
async fn failed_sign_ins_are_indistinguishable() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    service
        .change_identity(&bob, |bob| bob.deactivate().expect("deactivated"))
        .await;
    let stranger = service.anonymous();

    let mut responses = Vec::new();
    for (identifier, password) in [
        (alice.email.as_str(), "wrong horse battery"),
        (alice.email.as_str(), ""),
        (bob.email.as_str(), PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("nobody", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ] {
        let body = json!({ "identifier": identifier, "password": password });
        let refused = login(&stranger, &body).await;
        let refused = refused.expect_problem(401, "unauthorized");
        let id = refused.text("request_id");
        let text = String::from_utf8_lossy(&refused.body).replace(&id, "");
        let mut headers = refused.headers.clone();
        for changing in [
            "date",
            "x-request-id",
            "ratelimit-remaining",
            "ratelimit-reset",
        ] {
            headers.remove(changing);
        }
        responses.push((text, headers));
    }
    let (first, others) = responses.split_first().expect("responses");
    for other in others {
        assert_eq!(other, first);
    }
}

#[tokio::test]
async fn signing_in_to_a_foreign_tenant_is_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let stranger = service.anonymous();
    let mut responses = Vec::new();
    for tenant in [
        bob.tenant_id.as_str(),
        "globex",
        "nowhere",
        "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
    ] {
        let body = json!({ "identifier": alice.email, "password": PASSWORD, "tenant": tenant });
        let refused = login(&stranger, &body).await;
        responses.push(
            refused
                .expect_problem(404, "tenant_not_found")
                .without_request_id(),
        );
    }
    responses.dedup();
    assert_eq!(responses.len(), 1);
}

#[tokio::test]
async fn deactivation_revokes_tokens() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    alice.get("/api/v1/auth/me").await.expect(200);

    service
        .change_identity(&alice, |alice| alice.deactivate().expect("deactivated"))
        .await;

    tenantry_tests::harness::until("the token is rejected", async || {
        let response = alice.get("/api/v1/auth/me").await;
        (response.status == 401).then_some(())
    })
    .await;
    let body = json!({ "refresh_token": alice.refresh_token });
    let refused = alice.post("/api/v1/auth/refresh", &body).await;
    refused.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn signing_out_revokes_only_its_session() {
    let service = TestService::start().await;
    let laptop = service.company("acme").await;
    let mut phone = laptop.clone();
    phone.sign_in().await;

    laptop
        .post("/api/v1/auth/logout", &json!({}))
        .await
        .expect(204);

    let refused = laptop.get("/api/v1/auth/me").await;
    refused.expect_problem(401, "unauthorized");
    let body = json!({ "refresh_token": laptop.refresh_token });
    let refused = laptop.post("/api/v1/auth/refresh", &body).await;
    refused.expect_problem(401, "unauthorized");
    let refused = laptop.post("/api/v1/auth/logout", &json!({})).await;
    refused.expect_problem(401, "unauthorized");
    phone.get("/api/v1/auth/me").await.expect(200);
}

#[tokio::test]
async fn legacy_hashes_are_accepted_and_upgraded() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    service
        .change_identity(&alice, |alice| {
            alice.password_hash = Some(PasswordHash::new(BCRYPT));
        })
        .await;
    let stranger = service.anonymous();

    let wrong = json!({ "identifier": alice.email, "password": "wrong horse battery" });
    login(&stranger, &wrong).await.expect(401);
    let kept = service.identity(&alice).await.password_hash;
    assert_eq!(kept.expect("a hash").expose(), BCRYPT);

    let right = json!({ "identifier": alice.email, "password": PASSWORD });
    login(&stranger, &right).await.expect(200);
    let upgraded = service.identity(&alice).await.password_hash;
    let upgraded = upgraded.expect("a hash");
    assert!(upgraded.expose().starts_with("$argon2id$"));
    login(&stranger, &right).await.expect(200);
}

#[tokio::test]
async fn passwords_are_normalized() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    let body = json!({
        "email": "ann@example.com",
        "password": "gru\u{308}ne Wiese",
        "organization_name": "Acme",
    });
    stranger
        .post("/api/v1/auth/register", &body)
        .await
        .expect(201);
    let body = json!({ "email": "ann@example.com", "password": "grüne Wiese" });
    login(&stranger, &body).await.expect(200);
}

/// Plants a row with the key of programs that folded a domain instead of converting
/// it to ASCII.
#[tokio::test]
async fn users_with_a_former_key_sign_in_by_the_address_as_entered() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    let body = json!({
        "email": "Ann@Bücher.example",
        "password": PASSWORD,
        "organization_name": "Acme",
    });
    let registered = stranger.post("/api/v1/auth/register", &body).await;
    let id = registered.expect(201).text("user_id");
    let ascii = "ann@xn--bcher-kva.example";
    service.replace_email_key(ascii, "ann@bücher.example").await;

    let by = async |address: &str| {
        login(
            &stranger,
            &json!({ "identifier": address, "password": PASSWORD }),
        )
        .await
    };
    by(ascii).await.expect_problem(401, "unauthorized");
    for entered in ["ANN@bücher.example", ascii] {
        // The first login stores the present key.
        let session = by(entered).await.expect(200);
        assert_eq!(session.text("user/id"), id, "{entered}");
    }
}

#[tokio::test]
async fn long_passwords_are_verified_completely() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    let password = format!("{}the end", "only lowercase words ".repeat(5));
    assert!(password.len() > 72 && password.len() <= 128);
    let body = json!({
        "email": "ann@example.com",
        "password": password,
        "organization_name": "Acme",
    });
    stranger
        .post("/api/v1/auth/register", &body)
        .await
        .expect(201);
    let with = async |password: &str| {
        let body = json!({ "email": "ann@example.com", "password": password });
        login(&stranger, &body).await
    };
    let (truncated, _) = password.split_at(72);
    for wrong in [
        truncated,
        password.to_uppercase().as_str(),
        password.trim_end_matches('d'),
    ] {
        with(wrong).await.expect_problem(401, "unauthorized");
    }
    with(&password).await.expect(200);
}
