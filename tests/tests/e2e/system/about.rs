//! Health, version, public settings, public keys.

use reqwest::Method;
use serde_json::Value;
use tenantry_tests::harness::TestService;

#[tokio::test]
async fn all_checks_are_healthy() {
    let service = TestService::start().await;
    let anyone = service.anonymous();
    for (path, checks) in [
        ("/health", vec!["cache", "db", "storage"]),
        ("/health/ready", vec!["cache", "db", "storage"]),
        ("/health/live", vec![]),
        ("/health/db", vec!["db"]),
        ("/health/cache", vec!["cache"]),
        ("/health/storage", vec!["storage"]),
    ] {
        let health = anyone.get(path).await.expect(200).json();
        assert_eq!(health["status"], "healthy", "{path}");
        assert_eq!(health["app"], "Tenantry");
        let found = health["checks"].as_object().expect("checks");
        assert_eq!(found.keys().collect::<Vec<_>>(), checks, "{path}");
        assert!(found.values().all(|check| check["status"] == "healthy"));
        let head = anyone.send(anyone.request(Method::HEAD, path)).await;
        assert!(head.expect(200).body.is_empty());
    }
    let version = anyone.get("/version").await.expect(200);
    assert_eq!(version.text("version"), env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn the_public_settings_have_no_secrets() {
    let secret = "a root secret that is long enough for anybody";
    let settings = [
        ("TENANTRY_SECURITY__SECRET", secret),
        ("TENANTRY_SECURITY__REFRESH_TOKEN_PEPPER", "hot pepper"),
        ("TENANTRY_APP__NAME", "Acme Files"),
        ("TENANTRY_LIMITS__MAX_FILE_MB", "7"),
    ];
    let service = TestService::with(&settings).await;
    let config = service.anonymous().get("/config").await.expect(200);
    let text = String::from_utf8_lossy(&config.body).to_lowercase();
    let folder = service.data().to_string_lossy().to_lowercase();
    for hidden in [secret, "pepper", "sqlite", "secret", folder.as_str()] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    let config = config.json();
    assert_eq!(config["app"], "Acme Files");
    assert_eq!(config["max_file_bytes"], 7 * 1024 * 1024);
    assert_eq!(config["registration"], "open");
}

#[tokio::test]
async fn the_published_key_verifies_tokens() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let set = alice.get("/.well-known/jwks.json").await.expect(200);
    assert!(!String::from_utf8_lossy(&set.body).contains("\"d\""));
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_slice(&set.body).expect("keys");
    let token = alice.token.as_deref().expect("a token");
    let header = jsonwebtoken::decode_header(token).expect("a header");
    let key = keys
        .find(header.kid.as_deref().expect("a kid"))
        .expect("the key");
    let key = jsonwebtoken::DecodingKey::from_jwk(key).expect("a key");
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_audience(&["tenantry"]);
    validation.set_issuer(&["tenantry"]);
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).expect("verified");
    assert_eq!(claims.claims["sub"], alice.user_id);
}
