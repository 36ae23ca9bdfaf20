//! The permissions of each role: every cell of `roles.csv`, which has a row for
//! every operation that needs a caller.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tenantry_domain::role::Preset;
use tenantry_tests::harness::{ApiResponse, TestService};

use crate::cases::{Resources, served_operations, valid_call};

/// Returns the outcome for owner, admin, member, viewer, and a platform administrator
/// without a tenant by `operation`.
fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut lines = include_str!("roles.csv").lines();
    let roles: Vec<_> = Preset::ALL.iter().map(|preset| preset.as_str()).collect();
    let head = lines.next().expect("a head");
    let expected = format!("operation,{},platform_admin", roles.join(","));
    assert_eq!(head, expected);
    let rows = lines.map(|line| {
        let mut cells = line.split(',');
        (cells.next().expect("an operation"), cells.collect())
    });
    rows.collect()
}

fn outcome(response: &ApiResponse) -> &'static str {
    match response.status.as_u16() {
        200..=299 => "allowed",
        403 => "denied",
        404 => "hidden",
        other => panic!("{}: {other}", response.request),
    }
}

#[tokio::test]
async fn roles_have_the_permissions_of_the_table() {
    let service = TestService::start().await;
    let owner = service.company("acme").await;
    let mut people = vec![owner.clone()];
    for preset in [Preset::Admin, Preset::Member, Preset::Viewer] {
        people.push(service.member(&owner, preset.as_str(), preset).await);
    }
    people.push(service.administrator("root").await);
    let table = table();
    let operations = served_operations(&owner).await;
    let secured: BTreeSet<_> = operations
        .iter()
        .filter(|operation| operation.is_secured)
        .map(|operation| operation.id.as_str())
        .collect();
    let rows: BTreeSet<_> = table.keys().copied().collect();
    assert_eq!(
        rows, secured,
        "roles.csv needs one row per operation with a caller"
    );

    let mut wrong = Vec::new();
    for operation in operations.iter().filter(|operation| operation.is_secured) {
        let row = table.get(operation.id.as_str()).expect("a row");
        assert_eq!(row.len(), people.len(), "{}", operation.id);
        for (person, expected) in people.iter().zip(row) {
            // New resources, since the call of the previous cell may delete them.
            let path = format!("{}.txt", service.services().ids.next());
            let own = Resources::create(&service, &owner, &path).await;
            let mut person = person.clone();
            // Signing out must not end the session of the next cell.
            person.sign_in().await;
            let response = person
                .send(valid_call(operation, &own).request(&person))
                .await;
            let found = outcome(&response);
            if found == "denied" && operation.method != "HEAD" {
                response.expect_problem(403, "access_denied");
            }
            if found != *expected {
                wrong.push(format!("{} {}: {found}", operation.id, person.email));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_personal_space_is_visible_to_its_owner_only() {
    let service = TestService::start().await;
    let owner = service.company("acme").await;
    let bob = service.member(&owner, "bob", Preset::Member).await;
    let admin = service.member(&owner, "eve", Preset::Admin).await;
    let uploaded = bob
        .send(
            bob.request(reqwest::Method::PUT, "/api/v1/files/content")
                .query(&[("bucket", "users"), ("path", "diary.txt")])
                .header("content-type", "text/plain")
                .body("secret"),
        )
        .await
        .expect(201);
    let id = uploaded.text("file_id");
    let file = bob.processed(&id).await;
    assert_eq!(file["bucket"], "users");
    assert_eq!(file["bucket_id"], bob.user_id);

    for other in [&owner, &admin] {
        for path in [
            format!("/api/v1/files/{id}"),
            format!("/api/v1/files/{id}/content"),
            format!("/api/v1/files/{id}/versions"),
        ] {
            let refused = other.get(&path).await;
            refused.expect_problem(404, "file_not_found");
        }
        let path = format!("/api/v1/files/{id}");
        let refused = other.delete(&path).await;
        refused.expect_problem(404, "file_not_found");
        let refused = other.patch(&path, &json!({ "path": "mine.txt" })).await;
        refused.expect_problem(404, "file_not_found");
        for place in [
            "files?bucket=users",
            "files/content?path=diary.txt&bucket=users",
        ] {
            let path = format!("/api/v1/{place}&bucket_id={}", bob.user_id);
            let refused = other.get(&path).await;
            refused.expect_problem(404, "bucket_not_found");
        }
        let own = other.get("/api/v1/files?bucket=users").await.expect(200);
        assert_eq!(own.json()["items"], json!([]));
    }
    let kept = bob.download(&id).await.expect(200);
    assert_eq!(kept.body, "secret");
}

#[tokio::test]
async fn a_removed_role_takes_effect_within_seconds() {
    use tenantry_application::work::PlatformWork;

    let service = TestService::start().await;
    let owner = service.company("acme").await;
    let bob = service.member(&owner, "bob", Preset::Member).await;
    bob.upload("a.txt", "text/plain", "a").await.expect(201);

    let services = service.services();
    let tenant = owner.tenant_id.parse().expect("an id");
    let viewer = tenantry_tests::harness::preset_role(services, tenant, Preset::Viewer).await;
    let user = bob.user_id.parse().expect("an id");
    let membership = services.store.memberships().lookup(tenant, user).await;
    let mut membership = membership.expect("a response").expect("a membership");
    membership.role_ids = vec![viewer];
    let mut work = PlatformWork::new();
    work.memberships(services.now()).update(&membership);
    services.store.commit(work).await.expect("a demotion");

    tenantry_tests::harness::until("the member is a viewer", async || {
        let response = bob.upload("b.txt", "text/plain", "b").await;
        (response.status == 403).then_some(())
    })
    .await;
    bob.get("/api/v1/files").await.expect(200);
}
