//! Access tokens that are rejected: forged, foreign, expired, or issued for
//! another purpose.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tenantry_application::ports::AccessClaims;
use tenantry_tests::harness::{Actor, ApiResponse, TestService};

async fn get_me(alice: &Actor, token: &str) -> ApiResponse {
    alice.with_token(Some(token)).get("/api/v1/auth/me").await
}

fn token_of(actor: &Actor) -> &str {
    actor.token.as_deref().expect("an access token")
}

/// Returns the header and the claims of a token.
fn parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    });
    let header = parts.next().expect("a header");
    (header, parts.next().expect("claims"))
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

#[tokio::test]
async fn a_token_has_no_other_claims() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let (header, claims) = parts(token_of(&alice));
    assert_eq!(header["alg"], "EdDSA");
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(claims["sub"], alice.user_id);
    assert_eq!(claims["tid"], alice.tenant_id);
    let names: Vec<_> = claims.as_object().expect("claims").keys().collect();
    assert_eq!(
        names,
        [
            "aud", "exp", "iat", "iss", "jti", "sid", "sub", "tid", "typ"
        ]
    );
}

#[tokio::test]
async fn forged_tokens_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let elsewhere = TestService::start().await.company("acme").await;
    let token = token_of(&alice);
    let (header, claims) = parts(token);
    let pieces: Vec<_> = token.split('.').collect();
    let [head, body, signature] = pieces.as_slice() else {
        panic!("a token has three parts");
    };
    let none = encoded(&json!({ "alg": "none", "typ": "at+jwt", "kid": header["kid"] }));
    let mut longer = claims.clone();
    longer["exp"] = json!(4_000_000_000_u64);
    let mut other_kid = header.clone();
    other_kid["kid"] = json!("other");
    let mut own_key = header.clone();
    own_key["jwk"] = json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" });
    own_key["jku"] = json!("https://mallory.example.com/jwks.json");
    let padded = format!("{head}.{body}.{signature}A");
    for forged in [
        format!("{none}.{body}."),
        format!("{none}.{body}.{signature}"),
        format!("{head}.{body}."),
        format!("{head}.{body}"),
        format!("{head}.{}.{signature}", encoded(&longer)),
        format!("{}.{body}.{signature}", encoded(&other_kid)),
        format!("{}.{body}.{signature}", encoded(&own_key)),
        format!("{head}.{body}.{}", "A".repeat(86)),
        padded,
        token_of(&elsewhere).to_owned(),
        "a.b.c".to_owned(),
        "x".to_owned(),
        "A".repeat(5000),
    ] {
        let refused = get_me(&alice, &forged).await;
        refused.expect_problem(401, "unauthorized");
    }
    get_me(&alice, token).await.expect(200);
}

#[tokio::test]
async fn the_public_key_is_not_accepted_as_a_shared_secret() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let (header, claims) = parts(token_of(&alice));
    let keys = alice.get("/.well-known/jwks.json").await.expect(200);
    let x = keys.text("keys/0/x");
    let raw = URL_SAFE_NO_PAD.decode(&x).expect("a key");
    for secret in [x.as_bytes(), raw.as_slice(), keys.body.as_ref(), b""] {
        let mut head = Header::new(Algorithm::HS256);
        head.kid = header["kid"].as_str().map(str::to_owned);
        head.typ = Some("at+jwt".to_owned());
        let key = EncodingKey::from_secret(secret);
        let forged = jsonwebtoken::encode(&head, &claims, &key).expect("a token");
        let refused = get_me(&alice, &forged).await;
        refused.expect_problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn time_session_and_tenant_of_a_token_are_verified() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let services = service.services();
    let now = services.now();
    let good = services
        .access_tokens
        .verify(token_of(&alice), now)
        .expect("a valid token");
    let minute = std::time::Duration::from_mins(1);
    let issue = |claims: &AccessClaims| services.access_tokens.issue(claims).expect("a token");

    let expired = issue(&AccessClaims {
        issued_at: now.minus(2 * minute),
        expires_at: now.minus(minute),
        ..good
    });
    // The clock was set back after this one.
    let future = issue(&AccessClaims {
        issued_at: now.plus(minute),
        expires_at: now.plus(2 * minute),
        ..good
    });
    for token in [expired, future] {
        let refused = get_me(&alice, &token).await;
        refused.expect_problem(401, "token_expired");
    }

    let other = |id: &Actor| id.user_id.parse().expect("an id");
    for claims in [
        AccessClaims {
            user_id: other(&bob),
            ..good
        },
        AccessClaims {
            tenant_id: Some(bob.tenant_id.parse().expect("an id")),
            ..good
        },
        AccessClaims {
            tenant_id: None,
            ..good
        },
        AccessClaims {
            session_id: "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b"
                .parse()
                .expect("an id"),
            ..good
        },
    ] {
        let refused = get_me(&alice, &issue(&claims)).await;
        refused.expect_problem(401, "unauthorized");
    }
    get_me(&alice, &issue(&good)).await.expect(200);
}

#[tokio::test]
async fn only_bearer_tokens_in_the_authorization_header_are_accepted() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let stranger = service.anonymous();
    let token = token_of(&alice);
    let refresh_token = alice.refresh_token.as_deref().expect("a refresh token");

    let refused = get_me(&alice, refresh_token).await;
    refused.expect_problem(401, "unauthorized");
    let refused = stranger.get("/api/v1/auth/me").await;
    let refused = refused.expect_problem(401, "missing_jwt_token");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    for header in [
        token.to_owned(),
        format!("Basic {token}"),
        format!("Token {token}"),
        "Bearer".to_owned(),
    ] {
        let request = stranger.request(reqwest::Method::GET, "/api/v1/auth/me");
        let refused = stranger.send(request.header("authorization", header)).await;
        assert_eq!(refused.status, 401);
        refused.expect_problem(401, "missing_jwt_token");
    }
    for (name, value) in [
        ("x-api-key", token.to_owned()),
        ("cookie", format!("__Host-tenantry={token}")),
    ] {
        let request = stranger.request(reqwest::Method::GET, "/api/v1/auth/me");
        let refused = stranger.send(request.header(name, value)).await;
        refused.expect_problem(401, "missing_jwt_token");
    }
    let path = format!("/api/v1/auth/me?access_token={token}");
    stranger.get(&path).await.expect(401);
}
