//! Settings at startup: the seeded administrator and the required secret.

use std::{
    collections::BTreeSet,
    io::Write,
    path::Path,
    process::{Output, Stdio},
};

use serde_json::json;
use tenantry_tests::harness::{PASSWORD, TestService, command};

/// The program, built for tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

#[tokio::test]
async fn the_administrator_is_seeded_once() {
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
    // Users exist, so nothing is seeded again.
    let again = [
        ("TENANTRY_SEED__ADMIN_EMAIL", "other@example.com"),
        ("TENANTRY_SEED__ADMIN_PASSWORD", PASSWORD),
    ];
    service.restart(&again).await;
    let body = json!({ "identifier": "other@example.com", "password": PASSWORD });
    let other = service.anonymous().post("/api/v1/auth/login", &body).await;
    other.expect_problem(401, "unauthorized");
}

/// Runs `admin create` with a password on its standard input.
fn create_administrator(data: &Path, password: &str) -> Output {
    let product = [("TENANTRY_APP__NAME", "File Depot")];
    let mut create = command(PROGRAM, data, &product);
    create.args(["admin", "create", "--email", "quint@example.com"]);
    create.args(["--tenant", "Harbour"]);
    let pipes = create.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = pipes.stderr(Stdio::piped()).spawn().expect("a process");
    let mut input = process.stdin.take().expect("its input");
    writeln!(input, "{password}").expect("a password");
    drop(input);
    process.wait_with_output().expect("its end")
}

/// Starts the service with a seeded administrator.
fn seed_administrator(data: &Path, password: &str) -> Output {
    let settings = [
        ("TENANTRY_APP__NAME", "File Depot"),
        ("TENANTRY_SEED__ADMIN_EMAIL", "quint@example.com"),
        ("TENANTRY_SEED__ADMIN_PASSWORD", password),
        ("TENANTRY_SEED__TENANT", "Harbour"),
    ];
    let mut serve = command(PROGRAM, data, &settings);
    serve.arg("serve").output().expect("a process")
}

#[test]
fn weak_passwords_of_administrators_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    for password in ["Password123", "file depot 1", "Harbour-1", "quint2026"] {
        for refused in [
            create_administrator(data, password),
            seed_administrator(data, password),
        ] {
            let words = String::from_utf8_lossy(&refused.stderr);
            assert!(!refused.status.success(), "{password}: {words}");
            assert!(words.contains("password: must not be"), "{words}");
            assert!(!words.contains(password), "{words}");
        }
    }
    let created = create_administrator(data, PASSWORD);
    let words = String::from_utf8_lossy(&created.stderr);
    assert!(created.status.success(), "{words}");
}

#[tokio::test]
async fn a_new_store_has_no_account() {
    let service = TestService::start().await;
    let accounts = async || {
        let mut rows = service.rows(&[]).await;
        rows.retain(|row| row.starts_with("identities: ") || row.starts_with("sessions: "));
        rows
    };
    assert_eq!(accounts().await, BTreeSet::new());
    service.company("acme").await;
    assert_eq!(accounts().await.len(), 2);
}

#[test]
fn production_requires_a_secret() {
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
    assert_eq!(left, 0, "the start left files");
}
