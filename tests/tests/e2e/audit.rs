//! Audit entries, committed with their change and sealed soon after.

use serde_json::{Value, json};
use tenantry_application::upkeep::fsck;
use tenantry_domain::role::Preset;
use tenantry_tests::harness::{Actor, ApiResponse, PASSWORD, TestService, expect_null, until};

async fn entries(owner: &Actor, query: &str) -> Vec<Value> {
    let page = owner.get(&format!("/api/v1/audit?limit=100{query}")).await;
    page.expect(200).json()["items"]
        .as_array()
        .expect("items")
        .clone()
}

/// Returns the entry of an action that names the request of a response.
async fn entry_of(owner: &Actor, action: &str, response: &ApiResponse) -> Value {
    let found = entries(owner, &format!("&action={action}")).await;
    let request = response.header("x-request-id").expect("a request id");
    let entry = found
        .into_iter()
        .find(|entry| entry["request_id"] == request);
    entry.unwrap_or_else(|| panic!("no {action} of {request}"))
}

#[tokio::test]
async fn every_change_is_audited() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    let body =
        json!({ "email": "ann@example.com", "password": PASSWORD, "organization_name": "Acme" });
    let registered = stranger
        .post("/api/v1/auth/register", &body)
        .await
        .expect(201);
    let body = json!({ "identifier": "ann@example.com", "password": PASSWORD });
    let signed_in = stranger.post("/api/v1/auth/login", &body).await.expect(200);
    let mut ann = stranger.with_token(Some(&signed_in.text("access_token")));
    ann.user_id = registered.text("user_id");
    ann.tenant_id = registered.text("tenant_id");

    let entry = entry_of(&ann, "user.register", &registered).await;
    assert_eq!(entry["subject_id"], ann.user_id);
    entry_of(&ann, "auth.login", &signed_in).await;
    let changed = ann
        .put("/api/v1/auth/me", &json!({ "display_name": "Ann" }))
        .await;
    entry_of(&ann, "user.update", &changed).await;
    let uploaded = ann.upload("a.txt", "text/plain", "one").await.expect(201);
    let id = uploaded.text("file_id");
    let entry = entry_of(&ann, "file.upload", &uploaded).await;
    assert_eq!(entry["subject_id"], id);
    assert_eq!(entry["actor_id"], ann.user_id);
    assert_eq!(entry["detail"]["size_bytes"], "3");
    let again = ann.upload("a.txt", "text/plain", "two").await.expect(200);
    let entry = entry_of(&ann, "file.upload", &again).await;
    assert_eq!(entry["detail"]["version"], "2");
    ann.processed(&id).await;
    let processed = entries(&ann, "&action=file.process").await;
    assert!(!processed.is_empty());
    for entry in &processed {
        expect_null(entry, "actor_id");
    }
    let path = format!("/api/v1/files/{id}");
    let moved = ann
        .patch(&path, &json!({ "path": "b.txt" }))
        .await
        .expect(200);
    let entry = entry_of(&ann, "file.update", &moved).await;
    assert_eq!(entry["detail"], json!({ "from": "a.txt", "to": "b.txt" }));
    let deleted = ann.delete(&path).await.expect(204);
    entry_of(&ann, "file.delete", &deleted).await;
    let other = {
        let mut other = ann.clone();
        other.email = "ann@example.com".to_owned();
        other.sign_in().await;
        other
    };
    let ended = other
        .post("/api/v1/auth/logout", &json!({}))
        .await
        .expect(204);
    let entry = entry_of(&ann, "auth.session_end", &ended).await;
    assert_eq!(entry["detail"]["reason"], "logout");
}

#[tokio::test]
async fn reads_and_refused_changes_are_not_audited() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let file = alice.upload_ready("a.txt", "text/plain", "one").await;
    let id = file["id"].as_str().expect("an id");
    let before = entries(&alice, "").await;

    alice.get("/api/v1/files").await.expect(200);
    alice.download(id).await.expect(200);
    alice.upload("../a", "text/plain", "x").await.expect(400);
    alice
        .delete("/api/v1/files/018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b")
        .await
        .expect(404);
    let same = json!({ "path": "a.txt" });
    alice
        .patch(&format!("/api/v1/files/{id}"), &same)
        .await
        .expect(200);

    assert_eq!(entries(&alice, "").await, before);
}

#[tokio::test]
async fn entries_are_filtered_and_paged() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.member(&alice, "bob", Preset::Member).await;
    let eve = service.company("globex").await;
    alice.upload_ready("a.txt", "text/plain", "a").await;
    bob.upload_ready("b.txt", "text/plain", "b").await;
    eve.upload_ready("c.txt", "text/plain", "c").await;

    let all = entries(&alice, "").await;
    let times: Vec<_> = all
        .iter()
        .map(|entry| entry["at"].as_str().expect("a time"))
        .collect();
    assert!(
        times.windows(2).all(|pair| pair[0] >= pair[1]),
        "newest first"
    );
    let theirs = |entry: &Value| entry["actor_id"] == eve.user_id.as_str();
    assert!(!all.iter().any(theirs), "an entry of another company");
    let of_bob = entries(&alice, &format!("&actor={}", bob.user_id)).await;
    let by_bob = |entry: &&Value| entry["actor_id"] == bob.user_id.as_str();
    assert_eq!(of_bob.len(), all.iter().filter(by_bob).count());
    assert!(of_bob.iter().all(|entry| by_bob(&entry)) && !of_bob.is_empty());
    let uploads = entries(&alice, "&action=file.upload").await;
    assert_eq!(uploads.len(), 2);
    let both = format!("&action=file.upload&actor={}", bob.user_id);
    assert_eq!(entries(&alice, &both).await.len(), 1);
    assert!(entries(&alice, "&action=nothing").await.is_empty());
    assert!(entries(&alice, "&to=2020-01-01T00:00:00Z").await.is_empty());
    assert_eq!(entries(&alice, "&from=2020-01-01T00:00:00Z").await, all);
    let newest = times.first().expect("entries");
    // `from` is inclusive, `to` is exclusive.
    assert!(!entries(&alice, &format!("&from={newest}")).await.is_empty());
    let before = entries(&alice, &format!("&to={newest}")).await;
    assert!(before.len() < all.len());
    for query in [
        "from=yesterday",
        "to=2020-13-01T00:00:00Z",
        "actor=7",
        "limit=0",
    ] {
        let refused = alice.get(&format!("/api/v1/audit?{query}")).await;
        refused.expect_problem(400, "validation_failed");
    }

    let mut paged = Vec::new();
    let mut query = "limit=2".to_owned();
    loop {
        let page = alice
            .get(&format!("/api/v1/audit?{query}"))
            .await
            .expect(200)
            .json();
        paged.extend(page["items"].as_array().expect("items").clone());
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(paged, all);
}

#[tokio::test]
async fn the_audit_log_has_no_secrets() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let body = json!({ "email": "new@example.com", "current_password": PASSWORD });
    alice.put("/api/v1/auth/me", &body).await.expect(200);
    let text = json!(entries(&alice, "").await).to_string();
    for secret in [
        PASSWORD,
        "argon2",
        alice.token.as_deref().expect("a token"),
        alice.refresh_token.as_deref().expect("a token"),
    ] {
        assert!(!text.contains(secret));
    }
}

#[tokio::test]
async fn a_mixed_workload_ends_sealed_and_consistent() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.member(&alice, "bob", Preset::Member).await;
    let eve = service.company("globex").await;
    for person in [&alice, &bob, &eve] {
        for (path, content) in [("a.txt", "one"), ("b.txt", "two"), ("a.txt", "three")] {
            let uploaded = person.upload(path, "text/plain", content).await;
            person.processed(&uploaded.text("file_id")).await;
        }
        person
            .upload_ready("wrong.png", "image/png", "%PDF-1.4")
            .await;
    }
    let files = alice.get("/api/v1/files").await.expect(200);
    let id = files.text("items/0/id");
    alice
        .patch(&format!("/api/v1/files/{id}"), &json!({ "path": "c.txt" }))
        .await
        .expect(200);
    bob.delete(&format!("/api/v1/files/{id}")).await.expect(204);
    let mut wire = bob.wire().await;
    let head = bob.head("PUT", "/api/v1/files/content?path=cut.txt");
    wire.send(format!(
        "{head}Content-Type: text/plain\r\nContent-Length: 9\r\n\r\ncut"
    ))
    .await;
    drop(wire);
    let refresh = json!({ "refresh_token": eve.refresh_token });
    eve.post("/api/v1/auth/refresh", &refresh).await.expect(200);
    eve.post("/api/v1/auth/logout", &json!({}))
        .await
        .expect(204);

    until("no upload is open", async || {
        let usage = alice.usage().await;
        (usage["open_uploads"] == 0).then_some(())
    })
    .await;
    let services = service.services();
    until("every entry is sealed", async || {
        let unsealed = services
            .store
            .upkeep()
            .unsealed_chains(None, 10)
            .await
            .expect("chains");
        unsealed.is_empty().then_some(())
    })
    .await;
    let report = fsck(services, false).await.expect("a report");
    assert_eq!(report.findings, []);
    assert_eq!(report.tenants, 2);
    assert!(report.audit_entries > 30, "{report:?}");
    assert!(report.blobs > 0 && report.versions > 0);
}
