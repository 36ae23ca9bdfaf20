//! A data set that reads back identically on every provider.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::{Value, json};
use tenantry_application::upkeep::fsck;
use tenantry_tests::harness::{Actor, Content, Form, TestService};
use uuid::Uuid;

/// The expected result. `UPDATE_GENERATED=1` rewrites it.
const EXPECTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/dataset.json");

#[tokio::test]
async fn a_data_set_reads_back_identically_on_every_provider() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    write(&alice).await;
    let read = read(&alice).await;
    expect_same(&read);

    let report = fsck(service.services(), false).await.expect("checked");
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert!(report.blobs > 3);
}

async fn write(alice: &Actor) {
    for (path, text) in [
        ("a.txt", "one"),
        ("b/Ünï code 履歴書 🗂.txt", "two"),
        ("b/empty.bin", ""),
        ("b/%_'x.txt", "three"),
        ("a.txt", "one, again"),
        ("c.txt", "gone"),
    ] {
        alice.upload_ready(path, "text/plain", text).await;
    }
    let large = Content::new(7, 9 * 1024 * 1024 + 1);
    let kind = "application/octet-stream";
    alice.upload_ready("large.bin", kind, large.body()).await;
    let form = Form::new()
        .field(
            "tags",
            r#"{"kind": "letter", "pages": 2.5, "signed": true}"#,
        )
        .file("form.txt", "text/plain", "four")
        .end();
    let id = alice.upload_form(form).await.expect(201).text("file_id");
    alice.processed(&id).await;
    let moved = json!({ "path": "d/form.txt" });
    let change = alice.patch(&format!("/api/v1/files/{id}"), &moved).await;
    change.expect(200);
    let gone = alice.get("/api/v1/files?path=c.txt").await.expect(200);
    let gone = gone.text("items/0/id");
    let gone = alice.delete(&format!("/api/v1/files/{gone}")).await;
    gone.expect(204);
}

async fn read(alice: &Actor) -> Value {
    let mut read = BTreeMap::new();
    for query in [
        "files?sort=path&include_total=true",
        "files?sort=-size_bytes&limit=3",
        "files?search=%C3%BCn%C3%AF",
        "files?search=%25_",
        "files?prefix=b/",
        "files?path=a.txt",
        "auth/me",
    ] {
        let response = alice.get(&format!("/api/v1/{query}")).await.expect(200);
        read.insert(query.to_owned(), response.json());
    }
    let files = read["files?sort=path&include_total=true"].clone();
    for file in files["items"].as_array().expect("files") {
        let id = file["id"].as_str().expect("an id");
        let path = file["path"].as_str().expect("a path");
        let versions = alice.get(&format!("/api/v1/files/{id}/versions")).await;
        read.insert(format!("versions of {path}"), versions.expect(200).json());
        let content = alice.download(id).await.expect(200);
        let size = content.body.len();
        let tag = content.header("etag").unwrap_or_default();
        let headers = json!({ "size": size, "etag": tag, "type": content.header("content-type") });
        read.insert(format!("content of {path}"), headers);
    }
    read.insert("usage".to_owned(), alice.usage().await);
    let mut numbers = Numbers::default();
    let read = serde_json::to_value(read).expect("JSON");
    numbers.normalized(read)
}

/// Numbers for ids, in the order of their appearance.
#[derive(Default)]
struct Numbers(BTreeMap<Uuid, usize>);

impl Numbers {
    /// Replaces the values that differ between runs: ids and instants.
    fn normalized(&mut self, value: Value) -> Value {
        match value {
            Value::Array(values) => values.into_iter().map(|v| self.normalized(v)).collect(),
            Value::Object(members) => {
                let members = members.into_iter();
                let normalized = members.map(|(key, value)| match (&*key, value) {
                    ("next_cursor", Value::String(_)) => (key, "a cursor".into()),
                    (_, value) => (key, self.normalized(value)),
                });
                normalized.collect()
            }
            Value::String(text) => Value::String(self.normalized_text(&text)),
            other => other,
        }
    }

    fn normalized_text(&mut self, text: &str) -> String {
        if text.len() == 24 && text.ends_with('Z') && text.starts_with("20") {
            return "an instant".to_owned();
        }
        let mut normalized = String::new();
        let mut rest = text;
        while let Some((at, id)) = first_id(rest) {
            let next = self.0.len() + 1;
            let number = *self.0.entry(id).or_insert(next);
            let _ = write!(normalized, "{}<id {number}>", &rest[..at]);
            rest = &rest[at + 36..];
        }
        normalized + rest
    }
}

fn first_id(text: &str) -> Option<(usize, Uuid)> {
    (0..text.len().saturating_sub(35)).find_map(|at| {
        let id = text.get(at..at + 36)?;
        Some((at, id.parse().ok()?))
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the expected file is rewritten on request"
)]
fn expect_same(read: &Value) {
    let text = serde_json::to_string_pretty(read).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(EXPECTED, &text).expect("written");
    }
    let expected = std::fs::read_to_string(EXPECTED).expect("the expected file");
    for (number, (read, expected)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(read, expected, "line {}", number + 1);
    }
    assert_eq!(text.lines().count(), expected.lines().count());
}
