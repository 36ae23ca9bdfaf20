//! Declared types, their difference from the content, and the tenant's rule.

use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, TestService, expect_null};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const PROGRAM: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0";
const HTML: &[u8] = b"<!DOCTYPE html><script>alert(1)</script>";

async fn set_rule(actor: &Actor, rule: &str) {
    let settings = json!({ "content_types": rule });
    actor.put("/api/v1/settings", &settings).await.expect(200);
}

/// Returns the newest version of a file.
async fn newest(actor: &Actor, file: &Value) -> Value {
    let id = file["id"].as_str().expect("an id");
    let versions = actor.get(&format!("/api/v1/files/{id}/versions")).await;
    versions.expect(200).json()["items"][0].clone()
}

#[tokio::test]
async fn the_declared_type_is_kept_beside_the_detected_one() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (path, declared, content, detected, differs) in [
        ("a.png", "image/png", PNG, "image/png", false),
        ("b.png", "image/jpeg", PNG, "image/png", true),
        ("c.png", "image/x-png", PNG, "image/png", false),
        (
            "a.tar.gz",
            "application/x-tar",
            b"\x1F\x8B\x08".as_slice(),
            "application/gzip",
            true,
        ),
        (
            "a.kra",
            "application/x-krita",
            b"PK\x03\x04",
            "application/x-krita",
            false,
        ),
        ("a.csv", "text/csv", b"BM;1\r\n", "text/csv", false),
    ] {
        let file = alice.upload_ready(path, declared, content).await;
        assert_eq!(file["status"], "ready", "{file}");
        for shown in [&file, &newest(&alice, &file).await] {
            assert_eq!(shown["mime_type"], detected, "{path}");
            assert_eq!(shown["declared_type"], declared, "{path}");
            assert_eq!(shown["type_mismatch"], differs, "{path}");
        }
    }
    for unspecific in [
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ] {
        let file = alice.upload_ready("d.png", unspecific, PNG).await;
        assert_eq!(file["mime_type"], "image/png");
        expect_null(&file, "declared_type");
        expect_null(&newest(&alice, &file).await, "declared_type");
        assert_eq!(file["type_mismatch"], false);
    }
}

#[tokio::test]
async fn active_content_and_false_media_fail() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (path, declared, content) in [
        ("invoice.png", "application/octet-stream", PROGRAM),
        ("x", "image/png", b"hello"),
        ("a.png", "application/octet-stream", b"hello"),
        ("notes.txt", "text/plain", HTML),
        ("x", "text/csv", b"#!/bin/sh\n"),
        ("report.pdf", "application/pdf", b"hello"),
    ] {
        let file = alice.upload_ready(path, declared, content).await;
        assert_eq!(file["status"], "failed", "{path} {declared}");
        assert_eq!(file["error"]["code"], "content_type_mismatch");
        let version = newest(&alice, &file).await;
        assert_eq!(version["type_mismatch"], false);
    }
    for (path, declared, content, detected) in [
        (
            "setup.exe",
            "application/x-msdownload",
            PROGRAM,
            "application/vnd.microsoft.portable-executable",
        ),
        ("index.html", "text/html", HTML, "text/html"),
        ("table.xls", "application/vnd.ms-excel", HTML, "text/html"),
    ] {
        let file = alice.upload_ready(path, declared, content).await;
        assert_eq!(file["status"], "ready", "{path}: {file}");
        assert_eq!(file["mime_type"], detected);
    }
}

#[tokio::test]
async fn the_rule_of_the_tenant_applies() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;

    set_rule(&alice, "strict").await;
    let strict = alice.upload_ready("a.jpg", "image/jpeg", PNG).await;
    assert_eq!(strict["error"]["code"], "content_type_mismatch", "{strict}");
    let related = alice.upload_ready("a.csv", "text/csv", "a,b").await;
    assert_eq!(related["status"], "ready", "{related}");
    let other = bob.upload_ready("a.jpg", "image/jpeg", PNG).await;
    assert_eq!(other["status"], "ready", "{other}");

    set_rule(&alice, "off").await;
    let off = alice.upload_ready("b.png", "image/png", HTML).await;
    assert_eq!(off["status"], "ready", "{off}");
    assert_eq!(off["mime_type"], "text/html");
    assert_eq!(off["type_mismatch"], true);

    set_rule(&alice, "safe").await;
    let safe = alice.upload_ready("c.png", "image/png", HTML).await;
    assert_eq!(safe["error"]["code"], "content_type_mismatch", "{safe}");
}
