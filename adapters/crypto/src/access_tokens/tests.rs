//! Tokens that must be accepted, and those that must not.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{sync::LazyLock, time::Duration};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::KeySize,
    signature::{Ed25519KeyPair, KeyPair, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64},
};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use tenantry_application::ports::{
    AccessClaims, AccessTokens, PublicKeyMaterial, RefreshTokens, TokenError,
};
use tenantry_domain::{
    Timestamp,
    id::{SessionId, TenantId, UserId},
};
use uuid::Uuid;

use super::{AccessKey, AccessTokenOptions, JwtAccessTokens, KeyAlgorithm};
use crate::{refresh_tokens::DerivedRefreshTokens, root_secret::RootSecret};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_500);

/// Configured keys, generated for each run: secret scanners report private keys
/// in a repository.
static PEM: LazyLock<Pem> = LazyLock::new(|| {
    let rsa = RsaKeyPair::generate(KeySize::Rsa3072).expect("an RSA key");
    let rsa_private: Pkcs8V1Der = rsa.as_der().expect("PKCS#8");
    let rsa_public: PublicKeyX509Der = rsa.public_key().as_der().expect("X.509");
    let ed = Ed25519KeyPair::generate().expect("an Ed25519 key");
    Pem {
        rsa_private: pem("PRIVATE KEY", rsa_private.as_ref()),
        rsa_public: pem("PUBLIC KEY", rsa_public.as_ref()),
        ed_private: pem("PRIVATE KEY", ed.to_pkcs8v1().expect("PKCS#8").as_ref()),
    }
});

struct Pem {
    rsa_private: Vec<u8>,
    rsa_public: Vec<u8>,
    ed_private: Vec<u8>,
}

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let body = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").into_bytes()
}

fn options(issuer: &str, audience: &str) -> AccessTokenOptions {
    AccessTokenOptions {
        issuer: issuer.to_owned(),
        audience: audience.to_owned(),
        cached_tokens: 16,
    }
}

fn with_keys(keys: Vec<AccessKey>) -> JwtAccessTokens {
    JwtAccessTokens::new(keys, options("us", "our api")).expect("valid keys")
}

fn derived(algorithm: KeyAlgorithm) -> AccessKey {
    AccessKey::derived(algorithm, &RootSecret::new(b"secret")).expect("a key")
}

fn tokens() -> JwtAccessTokens {
    with_keys(vec![derived(KeyAlgorithm::EdDsa)])
}

fn claims() -> AccessClaims {
    let issued_at = Timestamp::from_millis(1_800_000_000_000);
    AccessClaims {
        user_id: UserId::from_uuid(Uuid::from_u128(1)),
        tenant_id: Some(TenantId::from_uuid(Uuid::from_u128(2))),
        session_id: SessionId::from_uuid(Uuid::from_u128(3)),
        token_id: Uuid::from_u128(4),
        issued_at,
        expires_at: issued_at.plus(Duration::from_mins(15)),
    }
}

/// Signs a token with the key of `tokens()` and the given header and claims.
fn forge(header: &Value, claims: &Value) -> String {
    let key = derived(KeyAlgorithm::EdDsa);
    let private = key.private.expect("a private key");
    sign(header, claims, &private, Algorithm::EdDSA)
}

fn sign(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = crypto::sign(message.as_bytes(), key, algorithm).expect("signed");
    format!("{message}.{signature}")
}

fn part(token: &str, at: usize) -> Value {
    let bytes = BASE64.decode(token.split('.').nth(at).unwrap_or_default());
    serde_json::from_slice(&bytes.expect("base64url")).expect("JSON")
}

fn with(value: &Value, name: &str, member: Value) -> Value {
    let mut value = value.clone();
    if let Some(map) = value.as_object_mut() {
        map.insert(name.to_owned(), member);
    }
    value
}

fn without(value: &Value, name: &str) -> Value {
    let mut value = value.clone();
    if let Some(map) = value.as_object_mut() {
        map.remove(name);
    }
    value
}

#[test]
fn issued_tokens_are_verified_with_every_algorithm() {
    let rsa =
        AccessKey::from_private_pem("rsa", KeyAlgorithm::Rs256, &PEM.rsa_private).expect("RSA");
    let ed =
        AccessKey::from_private_pem("ed", KeyAlgorithm::EdDsa, &PEM.ed_private).expect("Ed25519");
    let shared = AccessKey::shared("shared", &[7; 32]);
    for key in [
        derived(KeyAlgorithm::EdDsa),
        derived(KeyAlgorithm::Hs256),
        rsa,
        ed,
        shared,
    ] {
        let tokens = with_keys(vec![key]);
        let mut personal = claims();
        personal.tenant_id = None;
        for claims in [claims(), personal] {
            let token = tokens.issue(&claims).expect("signed");
            assert!(token.len() < 1024);
            for _ in 0..2 {
                assert_eq!(tokens.verify(&token, NOW), Ok(claims));
            }
        }
    }
}

#[test]
fn tokens_contain_no_personal_data() {
    let token = tokens().issue(&claims()).expect("signed");
    let names: Vec<_> = part(&token, 1)
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        names,
        [
            "aud", "exp", "iat", "iss", "jti", "sid", "sub", "tid", "typ"
        ]
    );
}

#[test]
fn keys_can_be_rotated() {
    let old =
        AccessKey::from_private_pem("old", KeyAlgorithm::Rs256, &PEM.rsa_private).expect("RSA");
    let token = with_keys(vec![old]).issue(&claims()).expect("signed");
    let old = AccessKey::from_public_pem("old", KeyAlgorithm::Rs256, &PEM.rsa_public).expect("RSA");
    let both = with_keys(vec![derived(KeyAlgorithm::EdDsa), old]);
    assert_eq!(both.verify(&token, NOW), Ok(claims()));
    let published = both.public_keys();
    assert_eq!(published.len(), 2);
    assert!(matches!(
        published.last().map(|key| &key.material),
        Some(PublicKeyMaterial::Rsa { e, .. }) if e == "AQAB"
    ));
    assert!(
        with_keys(vec![derived(KeyAlgorithm::Hs256)])
            .public_keys()
            .is_empty()
    );
}

#[test]
fn unusable_keys_are_rejected_at_start() {
    let public = || AccessKey::from_public_pem("p", KeyAlgorithm::Rs256, &PEM.rsa_public);
    let new = |keys| JwtAccessTokens::new(keys, options("us", "our api"));
    assert!(new(vec![]).is_err());
    assert!(new(vec![public().expect("RSA")]).is_err(), "cannot sign");
    let twice = vec![derived(KeyAlgorithm::EdDsa), derived(KeyAlgorithm::EdDsa)];
    assert!(new(twice).is_err());
    for (algorithm, pem) in [
        (KeyAlgorithm::Rs256, PEM.rsa_public.as_slice()),
        (KeyAlgorithm::EdDsa, PEM.rsa_private.as_slice()),
        (KeyAlgorithm::Rs256, PEM.ed_private.as_slice()),
        (KeyAlgorithm::Hs256, PEM.rsa_private.as_slice()),
        (KeyAlgorithm::EdDsa, b"not PEM".as_slice()),
    ] {
        assert!(AccessKey::from_private_pem("k", algorithm, pem).is_err());
    }
    assert!(AccessKey::from_public_pem("k", KeyAlgorithm::Rs256, &PEM.rsa_private).is_err());
    assert!(AccessKey::derived(KeyAlgorithm::Rs256, &RootSecret::new(b"secret")).is_err());
}

#[test]
fn signing_keys_have_128_bits_of_security() {
    let short = RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
    let private: Pkcs8V1Der = short.as_der().expect("PKCS#8");
    let private = pem("PRIVATE KEY", private.as_ref());
    let refused = AccessKey::from_private_pem("k", KeyAlgorithm::Rs256, &private);
    let message = refused.expect_err("refused").to_string();
    assert!(message.contains("at least 3072 bits"), "{message}");
    // The key of an older system still verifies.
    let public: PublicKeyX509Der = short.public_key().as_der().expect("X.509");
    let public = pem("PUBLIC KEY", public.as_ref());
    assert!(AccessKey::from_public_pem("k", KeyAlgorithm::Rs256, &public).is_ok());
}

#[test]
fn issue_and_expiry_times_are_checked() {
    let tokens = tokens();
    let token = tokens.issue(&claims()).expect("signed");
    let at = |millis| Timestamp::from_millis(1_800_000_000_000_i64 + millis);
    // The clock was set back: a new token is needed, as after expiry.
    assert_eq!(tokens.verify(&token, at(-6_000)), Err(TokenError::Expired));
    assert!(tokens.verify(&token, at(-5_000)).is_ok(), "clock skew");
    assert!(tokens.verify(&token, at(899_999)).is_ok());
    assert_eq!(tokens.verify(&token, at(900_000)), Err(TokenError::Expired));
    // Cached and uncached tokens behave alike.
    assert_eq!(
        self::tokens().verify(&token, at(900_000)),
        Err(TokenError::Expired)
    );
    assert!(tokens.verify(&token, at(0)).is_ok());
}

#[test]
fn only_valid_tokens_are_reported_as_expired() {
    let tokens = tokens();
    let token = tokens.issue(&claims()).expect("signed");
    let late = NOW.plus(Duration::from_hours(1));
    let (header, body) = (part(&token, 0), part(&token, 1));
    let foreign = forge(&header, &with(&body, "iss", json!("them")));
    assert_eq!(tokens.verify(&foreign, late), Err(TokenError::Invalid));
    let message = token.rsplit_once('.').expect("a signature").0;
    assert_eq!(
        tokens.verify(&format!("{message}.AAAA"), late),
        Err(TokenError::Invalid)
    );
}

#[test]
fn mistyped_missing_and_foreign_claims_are_invalid() {
    let tokens = tokens();
    let token = tokens.issue(&claims()).expect("signed");
    let (header, body) = (part(&token, 0), part(&token, 1));
    assert!(
        tokens.verify(&forge(&header, &body), NOW).is_ok(),
        "an unmodified copy is valid"
    );
    for name in ["aud", "exp", "iat", "iss", "jti", "sid", "sub", "typ"] {
        let token = forge(&header, &without(&body, name));
        assert_eq!(
            tokens.verify(&token, NOW),
            Err(TokenError::Invalid),
            "{name}"
        );
    }
    for (name, wrong) in [
        ("exp", json!("1800000900")),
        ("exp", json!(1_800_000_900.5)),
        ("exp", json!(1.8e9)),
        ("exp", json!(-1)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(null)),
        ("exp", json!(true)),
        ("exp", json!(1_800_000_000)),
        ("iat", json!("1800000000")),
        ("iat", json!(1_800_000_900)),
        ("iss", json!("them")),
        ("iss", json!(["us"])),
        ("aud", json!("their api")),
        ("aud", json!(["our api", "their api"])),
        ("typ", json!("refresh")),
        ("typ", json!("mfa_pending")),
        ("sub", json!("alice")),
        ("sub", json!(1)),
        ("tid", json!("acme")),
        ("sid", json!("")),
        ("jti", json!({})),
    ] {
        let token = forge(&header, &with(&body, name, wrong.clone()));
        let verdict = tokens.verify(&token, NOW);
        assert_eq!(verdict, Err(TokenError::Invalid), "{name}: {wrong}");
    }
}

#[test]
fn manipulated_headers_are_invalid() {
    let tokens = tokens();
    let token = tokens.issue(&claims()).expect("signed");
    let (header, body) = (part(&token, 0), part(&token, 1));
    for (name, wrong) in [
        ("typ", json!("JWT")),
        ("typ", json!("at+jwt\0")),
        ("kid", json!("")),
        ("kid", json!("../../etc/passwd")),
        ("kid", json!("' or 1=1 --")),
        ("kid", json!(1)),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("RS256")),
        ("alg", json!("ES256")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
    ] {
        let token = forge(&with(&header, name, wrong.clone()), &body);
        let verdict = tokens.verify(&token, NOW);
        assert_eq!(verdict, Err(TokenError::Invalid), "{name}: {wrong}");
    }
    for name in ["typ", "alg", "kid"] {
        let token = forge(&without(&header, name), &body);
        assert_eq!(
            tokens.verify(&token, NOW),
            Err(TokenError::Invalid),
            "{name}"
        );
    }
    // Another key, embedded in the header or referenced by it.
    let other = EncodingKey::from_ed_pem(&PEM.ed_private).expect("Ed25519");
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64.encode([1; 32]) });
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
    ] {
        let token = sign(&with(&header, name, value), &body, &other, Algorithm::EdDSA);
        assert_eq!(
            tokens.verify(&token, NOW),
            Err(TokenError::Invalid),
            "{name}"
        );
    }
}

#[test]
fn a_public_key_is_not_accepted_as_a_shared_secret() {
    let rsa =
        AccessKey::from_private_pem("rsa", KeyAlgorithm::Rs256, &PEM.rsa_private).expect("RSA");
    let tokens = with_keys(vec![rsa, derived(KeyAlgorithm::EdDsa)]);
    let token = tokens.issue(&claims()).expect("signed");
    let header = with(&part(&token, 0), "alg", json!("HS256"));
    let body = part(&token, 1);
    for known in [PEM.rsa_public.as_slice(), &[], b"rsa"] {
        let key = EncodingKey::from_secret(known);
        let token = sign(&header, &body, &key, Algorithm::HS256);
        assert_eq!(tokens.verify(&token, NOW), Err(TokenError::Invalid));
    }
}

#[test]
fn unsigned_modified_and_malformed_tokens_are_invalid() {
    let tokens = tokens();
    let token = tokens.issue(&claims()).expect("signed");
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let (header, body) = message.split_once('.').expect("two parts");
    let none = BASE64.encode(json!({ "alg": "none", "typ": "at+jwt" }).to_string());
    let root = RootSecret::new(b"secret");
    let session = claims().session_id;
    let refresh = DerivedRefreshTokens::new(&root, None)
        .derive(session, 1)
        .text;
    for text in [
        "",
        ".",
        "..",
        "...",
        &refresh,
        message,
        &format!("{message}."),
        &format!("{none}.{body}."),
        &format!("{none}.{body}.{signature}"),
        &format!("{token}="),
        &format!("{token}."),
        &format!(" {token}"),
        &format!("{header}.{header}.{signature}"),
        &format!("{header}.{body}A.{signature}"),
        &format!("{message}.{}", signature.to_lowercase()),
        &"A".repeat(5000),
    ] {
        assert_eq!(tokens.verify(text, NOW), Err(TokenError::Invalid), "{text}");
    }
    let other = AccessKey::derived(KeyAlgorithm::EdDsa, &RootSecret::new(b"other"));
    let other = with_keys(vec![other.expect("a key")]);
    assert_eq!(other.verify(&token, NOW), Err(TokenError::Invalid));
}
