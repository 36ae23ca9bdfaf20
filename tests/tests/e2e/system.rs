//! The service about itself.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, PASSWORD, TestService, command};

/// The binary, built for tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

#[tokio::test]
async fn everything_is_healthy() {
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
async fn the_public_settings_hold_no_secret() {
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
async fn the_document_is_served_in_both_forms() {
    let service = TestService::start().await;
    let anyone = service.anonymous();
    let json = anyone.get("/openapi.json").await.expect(200);
    assert_eq!(json.header("content-type"), Some("application/json"));
    let yaml = anyone.get("/openapi.yaml").await.expect(200);
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    let yaml = String::from_utf8(yaml.body.to_vec()).expect("text");
    let document = json.json();
    assert_eq!(document["openapi"], "3.0.3");
    // Every key and text of the one is in the other.
    let mut words = BTreeSet::new();
    collect(&document, &mut words);
    let missing: Vec<_> = words.iter().filter(|word| !yaml.contains(*word)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let tag = json.header("etag").map(str::to_owned);
    if let Some(tag) = tag {
        let again = anyone.request(Method::GET, "/openapi.json");
        anyone
            .send(again.header("if-none-match", tag))
            .await
            .expect(304);
    }
}

/// Keys, and texts of one plain line, which no writer of YAML has to change.
fn collect(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            words.insert(name.clone());
            collect(value, words);
        }),
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Value::String(text) if text.chars().all(|c| c.is_alphanumeric() || c == ' ') => {
            words.insert(text.clone());
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_pages_load_nothing_from_elsewhere() {
    let service = TestService::start().await;
    let anyone = service.anonymous();
    for path in ["/docs", "/redoc", "/scalar"] {
        let page = anyone.get(path).await.expect(200);
        let html = String::from_utf8(page.body.to_vec()).expect("text");
        assert!(
            !html.contains("http://") && !html.contains("https://"),
            "{html}"
        );
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("http"));
        let mut scripts = 0;
        for part in html.split("src=\"").skip(1) {
            let script = part.split('"').next().expect("a path");
            let script = anyone.get(&format!("/{script}")).await.expect(200);
            let kind = script.header("content-type").expect("a type");
            assert!(kind.starts_with("text/javascript"), "{kind}");
            assert!(!script.body.is_empty());
            scripts += 1;
        }
        assert!(scripts > 0, "{path}");
    }
}

#[tokio::test]
async fn every_problem_is_explained() {
    let service = TestService::start().await;
    let anyone = service.anonymous();
    let list = anyone.get("/problems").await.expect(200).json();
    let list = list["items"].as_array().expect("items").clone();
    let all = tenantry_http::problem::codes::ALL;
    assert_eq!(list.len(), all.len());
    for code in all {
        let path = code.type_uri();
        let explained = anyone.get(&path).await.expect(200).json();
        assert_eq!(explained["code"], code.name);
        assert_eq!(explained["status"], code.status.as_u16());
        let html = anyone
            .request(Method::GET, &path)
            .header("accept", "text/html");
        let html = anyone.send(html).await.expect(200);
        assert_eq!(
            html.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(String::from_utf8_lossy(&html.body).contains(code.name));
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let file = alice.upload_ready("a.html", "text/html", "<b>").await;
    let file = file["id"].as_str().expect("an id");
    let answers = [
        alice.get("/health").await,
        alice.get("/docs").await,
        alice.get("/nothing").await,
        alice.get("/api/v1/files").await,
        alice.download(file).await,
        alice.post("/api/v1/auth/login", &json!({})).await,
        alice.with_token(None).get("/api/v1/files").await,
        alice
            .send(alice.request(Method::OPTIONS, "/api/v1/files"))
            .await,
        alice.delete("/health").await,
    ];
    for answer in answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{} {name}", answer.asked);
        }
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'"), "{}", answer.asked);
        assert!(answer.header("cache-control").is_some(), "{}", answer.asked);
        assert!(answer.header("x-request-id").is_some(), "{}", answer.asked);
        assert_eq!(answer.header("strict-transport-security"), None);
        assert_eq!(answer.header("server"), None);
    }
    let public = [("TENANTRY_HTTP__PUBLIC_URL", "https://files.example.com")];
    let service = TestService::with(&public).await;
    let answer = service.anonymous().get("/version").await;
    assert!(answer.header("strict-transport-security").is_some());
}

async fn from_origin(
    actor: &Actor,
    method: Method,
    origin: &str,
) -> tenantry_tests::harness::Answer {
    let request = actor
        .request(method, "/api/v1/files")
        .header("origin", origin);
    actor
        .send(
            request
                .header("access-control-request-method", "PUT")
                .header("access-control-request-headers", "authorization"),
        )
        .await
}

#[tokio::test]
async fn other_origins_are_shut_out_unless_they_are_named() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for method in [Method::GET, Method::OPTIONS] {
        let answer = from_origin(&alice, method, "https://app.example.com").await;
        assert!(
            answer
                .headers
                .keys()
                .all(|name| !name.as_str().starts_with("access-control"))
        );
    }

    let named = [(
        "TENANTRY_HTTP__CORS_ORIGINS",
        "[\"https://app.example.com\"]",
    )];
    let service = TestService::with(&named).await;
    let alice = service.company("acme").await;
    let preflight = from_origin(&alice, Method::OPTIONS, "https://app.example.com").await;
    let preflight = preflight.expect(204);
    let answer = from_origin(&alice, Method::GET, "https://app.example.com")
        .await
        .expect(200);
    for answer in [&preflight, &answer] {
        let header = |name| answer.header(name);
        assert_eq!(
            header("access-control-allow-origin"),
            Some("https://app.example.com")
        );
        assert_eq!(header("access-control-allow-credentials"), Some("true"));
        assert!(header("vary").is_some_and(|vary| vary.contains("origin")));
    }
    let methods = preflight
        .header("access-control-allow-methods")
        .expect("methods");
    assert!(
        ["GET", "PUT", "PATCH", "DELETE"]
            .iter()
            .all(|m| methods.contains(m))
    );
    let exposed = answer
        .header("access-control-expose-headers")
        .expect("headers");
    for name in [
        "ETag",
        "Location",
        "X-Request-Id",
        "Retry-After",
        "RateLimit-Limit",
    ] {
        assert!(exposed.contains(name), "{exposed}");
    }
    for other in [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com.evil.com",
        "null",
    ] {
        for method in [Method::GET, Method::OPTIONS] {
            let answer = from_origin(&alice, method, other).await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                None,
                "{other}"
            );
        }
    }
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

#[tokio::test]
async fn a_request_keeps_its_id() {
    let service = TestService::start().await;
    let anyone = service.anonymous();
    let with_id = async |id: &str| {
        let request = anyone.request(Method::GET, "/api/v1/files");
        anyone.send(request.header("x-request-id", id)).await
    };
    let kept = with_id("trace-1.2_3").await;
    assert_eq!(kept.header("x-request-id"), Some("trace-1.2_3"));
    assert_eq!(kept.text("request_id"), "trace-1.2_3");
    let long = "a".repeat(129);
    let mut made = BTreeSet::new();
    for odd in ["", "a b", "a\"b", "<script>", "ü", &long] {
        let answer = with_id(odd).await;
        let id = answer.header("x-request-id").expect("an id").to_owned();
        assert_ne!(id, odd);
        assert_eq!(answer.text("request_id"), id);
        made.insert(id);
    }
    assert_eq!(made.len(), 6);
}

#[tokio::test]
async fn a_seeded_administrator_is_there_from_the_start() {
    let settings = [
        ("TENANTRY_SEED__ADMIN_EMAIL", "root@example.com"),
        ("TENANTRY_SEED__ADMIN_PASSWORD", PASSWORD),
        ("TENANTRY_SEED__TENANT", "Head Office"),
    ];
    let mut service = TestService::with(&settings).await;
    let mut root = service.anonymous();
    root.email = "root@example.com".to_owned();
    root.sign_in().await;
    let me = root.get("/api/v1/auth/me").await.expect(200).json();
    assert_eq!(me["memberships"][0]["tenant"]["name"], "Head Office");
    assert_eq!(me["memberships"][0]["tenant"]["subdomain"], "head-office");
    assert_eq!(me["memberships"][0]["roles"], json!(["owner"]));
    // Once only: a store with somebody in it is left alone.
    let again = [
        ("TENANTRY_SEED__ADMIN_EMAIL", "other@example.com"),
        ("TENANTRY_SEED__ADMIN_PASSWORD", PASSWORD),
    ];
    service.restart(&again).await;
    let body = json!({ "identifier": "other@example.com", "password": PASSWORD });
    let other = service.anonymous().post("/api/v1/auth/login", &body).await;
    other.expect_problem(401, "unauthorized");
}

#[test]
fn production_without_a_secret_refuses_and_says_what_helps() {
    let folder = tempfile::tempdir().expect("a folder");
    for secret in [None, Some("short")] {
        let mut serve = command(
            PROGRAM,
            folder.path(),
            &[("TENANTRY_PROFILE", "production")],
        );
        if let Some(secret) = secret {
            serve.env("TENANTRY_SECURITY__SECRET", secret);
        }
        let refused = serve.arg("serve").output().expect("a process");
        assert!(!refused.status.success());
        let words = String::from_utf8_lossy(&refused.stderr);
        assert!(words.contains("tenantry secret generate"), "{words}");
        assert!(words.contains("security.secret"), "{words}");
        assert!(!words.contains("short\""), "{words}");
    }
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "nothing was made");
}

#[tokio::test]
async fn large_answers_are_compressed_for_who_asks() {
    let service = TestService::start().await;
    let anyone = service.anonymous();
    let plain = anyone.get("/openapi.json").await.expect(200);
    assert_eq!(plain.header("content-encoding"), None);
    let request = anyone.request(Method::GET, "/openapi.json");
    let packed = anyone.send(request.header("accept-encoding", "gzip")).await;
    let packed = packed.expect(200);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(
        packed
            .header("vary")
            .is_some_and(|vary| vary.contains("accept-encoding"))
    );
    assert!(packed.body.len() < plain.body.len() / 3);
}
