//! Listing and diagnosis of storage backends.

use serde_json::{Value, json};
use tenantry_domain::identity::Identity;
use tenantry_tests::{
    harness::{Actor, TestService, borrowed, command, until},
    services::{Fault, FaultProxy, Minio},
};

use crate::idempotency::post;

/// The program, built for tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

/// Returns the status of a check of a backend.
fn status<'v>(report: &'v Value, backend: &str, check: &str) -> &'v Value {
    let named = |list: &'v Value, name: &str| {
        let mut items = list.as_array().expect("a list").iter();
        let found = items.find(|item| item["name"] == name);
        found.expect("an item of that name")
    };
    let backend = named(&report["backends"], backend);
    &named(&backend["checks"], check)["status"]
}

#[tokio::test]
async fn all_backends_are_listed_and_diagnosed() {
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

    let admin = service.administrator("root").await;
    let report = admin.post("/api/v1/storage/doctor", &json!({})).await;
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
async fn failures_are_reported_with_advice() {
    let minio = Minio::shared().await;
    let proxy = FaultProxy::to(minio.address()).await;
    let mut settings = minio.settings("STORAGE", &minio.fresh());
    let endpoint = format!("http://{}", proxy.address());
    settings.push(("TENANTRY_STORAGE__ENDPOINT".to_owned(), endpoint.clone()));
    let service = TestService::embedded(&borrowed(&settings)).await;
    let admin = service.administrator("root").await;
    proxy.set(Fault::Down);
    let report = admin.post("/api/v1/storage/doctor", &json!({})).await;
    let report = report.expect(200);
    let advice = report.text("backends/0/checks/0/advice");
    assert!(advice.contains("cannot be reached"), "{advice}");
    let address = proxy.address().to_string();
    assert!(!advice.contains(&address), "{advice}");
    let report = report.json();
    assert_eq!(report["healthy"], false);
    assert_eq!(status(&report, "default", "write"), "failed");
}

#[tokio::test]
async fn a_repeated_check_returns_the_first_report() {
    let minio = Minio::shared().await;
    let proxy = FaultProxy::to(minio.address()).await;
    let mut settings = minio.settings("STORAGE", &minio.fresh());
    let endpoint = format!("http://{}", proxy.address());
    settings.push(("TENANTRY_STORAGE__ENDPOINT".to_owned(), endpoint));
    let service = TestService::embedded(&borrowed(&settings)).await;
    let admin = service.administrator("root").await;
    let check = async |key| post(&admin, "/api/v1/storage/doctor", key, &json!({})).await;
    let first = check("k").await.expect(200).json();
    assert_eq!(first["healthy"], true, "{first:#}");
    proxy.set(Fault::Down);
    assert_eq!(check("k").await.expect(200).json(), first);
    assert_eq!(check("l").await.expect(200).json()["healthy"], false);
}

#[tokio::test]
async fn diagnosis_is_reserved_for_administrators_and_rate_limited_per_administrator() {
    let two = [("TENANTRY_LIMITS__DOCTOR_PER_MINUTE", "2")];
    let service = TestService::with(&two).await;
    let owner = service.company("acme").await;
    let (root, other) = (
        service.administrator("root").await,
        service.administrator("other").await,
    );
    let diagnose = async |who: &Actor| who.post("/api/v1/storage/doctor", &json!({})).await;
    diagnose(&owner).await.expect_problem(403, "access_denied");
    for _ in 0..2 {
        diagnose(&root).await.expect(200);
    }
    let limited = diagnose(&root).await.expect_problem(429, "rate_limited");
    let after = limited.header("retry-after").map(str::parse::<u32>);
    assert!(matches!(after, Some(Ok(1..=30))), "{after:?}");
    diagnose(&other).await.expect(200);
    // An administrator with a tenant may use it as well.
    let make = |owner: &mut Identity| owner.platform_admin = true;
    service.change_identity(&owner, make).await;
    until("the owner is an administrator", async || {
        let response = diagnose(&owner).await;
        (response.status == 200).then_some(())
    })
    .await;
    owner.get("/api/v1/storage/available").await.expect(200);
}

#[tokio::test]
async fn the_command_prints_one_line_per_check() {
    let minio = Minio::shared().await;
    let settings = minio.settings("STORAGE", &minio.fresh());
    let folder = tempfile::tempdir().expect("a folder");
    let mut doctor = command(PROGRAM, folder.path(), &borrowed(&settings));
    let exit = doctor.arg("doctor").output().expect("a process");
    let output = String::from_utf8_lossy(&exit.stdout);
    assert!(exit.status.success(), "{output}");
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines.first(), Some(&"default (s3) write: ok"), "{output}");
    assert!(
        lines.contains(&"default (s3) presigned_get: ok"),
        "{output}"
    );
    let exit = "default (s3) unfinished_uploads: ok";
    assert!(lines.contains(&exit), "{output}");
    assert!(!output.contains(minio.secret_access_key()));
}
