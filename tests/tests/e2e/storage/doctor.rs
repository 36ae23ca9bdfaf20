//! What storage there is, and how it is.

use serde_json::{Value, json};
use tenantry_domain::role::Preset;
use tenantry_tests::{
    harness::{Actor, TestService, borrowed, command},
    services::{Fault, FaultProxy, Minio},
};

/// The binary, built for tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

/// The status of a check of a backend.
fn status<'v>(report: &'v Value, backend: &str, check: &str) -> &'v Value {
    let named = |list: &'v Value, name: &str| {
        let mut items = list.as_array().expect("a list").iter();
        let found = items.find(|item| item["name"] == name);
        found.expect("one of that name")
    };
    let backend = named(&report["backends"], backend);
    &named(&backend["checks"], check)["status"]
}

#[tokio::test]
async fn two_backends_are_listed_and_examined() {
    let minio = Minio::shared().await;
    let settings = minio.settings("STORAGES__ARCHIVE", &minio.fresh());
    let service = TestService::embedded(&borrowed(&settings)).await;
    let alice = service.company("acme").await;
    let listed = alice.get("/api/v1/storage/available").await.expect(200);
    let by = |server: &str| {
        json!({ "served_by": server,
            "binds_size": true, "binds_content_type": true, "binds_absence": true })
    };
    let expected = json!({ "items": [
        { "name": "archive", "kind": "s3", "is_default": false, "capabilities": {
            "multipart": true, "conditional_write": true, "ends_unfinished_uploads": true,
            "presign": by("storage") } },
        { "name": "default", "kind": "local", "is_default": true, "capabilities": {
            "multipart": false, "conditional_write": true, "ends_unfinished_uploads": true,
            "presign": by("service") } },
    ] });
    assert_eq!(listed.json(), expected);

    let report = alice.post("/api/v1/storage/doctor", &json!({})).await;
    let report = report.expect(200).json();
    assert_eq!(report["healthy"], true, "{report:#}");
    for backend in ["archive", "default"] {
        for check in [
            "write",
            "read",
            "range",
            "checksum",
            "presigned_put",
            "delete",
        ] {
            assert_eq!(status(&report, backend, check), "ok", "{backend} {check}");
        }
    }
    assert_eq!(status(&report, "archive", "clock"), "ok");
    assert_eq!(status(&report, "archive", "unfinished_uploads"), "ok");
}

#[tokio::test]
async fn what_fails_is_told_with_what_to_do() {
    let minio = Minio::shared().await;
    let gate = FaultProxy::to(minio.address()).await;
    let mut settings = minio.settings("STORAGE", &minio.fresh());
    let endpoint = format!("http://{}", gate.address());
    settings.push(("TENANTRY_STORAGE__ENDPOINT".to_owned(), endpoint.clone()));
    let service = TestService::embedded(&borrowed(&settings)).await;
    let alice = service.company("acme").await;
    gate.set(Fault::Down);
    let report = alice.post("/api/v1/storage/doctor", &json!({})).await;
    let report = report.expect(200);
    let told = report.text("backends/0/checks/0/advice");
    assert!(told.contains("cannot be reached"), "{told}");
    let address = gate.address().to_string();
    assert!(!told.contains(&address), "{told}");
    let report = report.json();
    assert_eq!(report["healthy"], false);
    assert_eq!(status(&report, "default", "write"), "failed");
}

#[tokio::test]
async fn a_tenant_may_ask_so_often() {
    let two = [("TENANTRY_LIMITS__DOCTOR_PER_MINUTE", "2")];
    let service = TestService::with(&two).await;
    let (alice, bob) = (
        service.company("acme").await,
        service.company("globex").await,
    );
    let vera = service.member(&alice, "vera", Preset::Viewer).await;
    let ask = async |who: &Actor| who.post("/api/v1/storage/doctor", &json!({})).await;
    // Who may not ask at all takes nothing from who may.
    ask(&vera).await.expect_problem(403, "access_denied");
    for _ in 0..2 {
        ask(&alice).await.expect(200);
    }
    let waiting = ask(&alice).await.expect_problem(429, "rate_limited");
    let after = waiting.header("retry-after").map(str::parse::<u32>);
    assert!(matches!(after, Some(Ok(1..=30))), "{after:?}");
    ask(&bob).await.expect(200);
    alice.get("/api/v1/storage/available").await.expect(200);
}

#[tokio::test]
async fn the_command_says_the_same_in_lines() {
    let minio = Minio::shared().await;
    let settings = minio.settings("STORAGE", &minio.fresh());
    let folder = tempfile::tempdir().expect("a folder");
    let mut doctor = command(PROGRAM, folder.path(), &borrowed(&settings));
    let ended = doctor.arg("doctor").output().expect("a process");
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}");
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.first(), Some(&"default (s3) write: ok"), "{said}");
    assert!(lines.contains(&"default (s3) presigned_get: ok"), "{said}");
    let ended = "default (s3) unfinished_uploads: ok";
    assert!(lines.contains(&ended), "{said}");
    assert!(!said.contains(minio.secret_access_key()));
}
