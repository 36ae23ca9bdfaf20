//! Registration of a user with a company.

use serde_json::{Value, json};
use tenantry_application::auth::{SeedAdmin, seed_admin};
use tenantry_tests::harness::{Actor, ApiResponse, PASSWORD, TestService};

async fn register(actor: &Actor, body: &Value) -> ApiResponse {
    actor.post("/api/v1/auth/register", body).await
}

fn ann(more: &Value) -> Value {
    let mut body = json!({
        "email": "ann@example.com",
        "password": PASSWORD,
        "organization_name": "Acme & Sons",
    });
    let members = body.as_object_mut().expect("an object");
    for (name, value) in more.as_object().expect("an object") {
        members.insert(name.clone(), value.clone());
    }
    body
}

#[tokio::test]
async fn registration_stores_all_values() {
    let service = TestService::start().await;
    let mut owner = service.anonymous();
    let body = ann(&json!({
        "email": "Ann.Other@Example.com",
        "username": "Ann",
        "subdomain": "Acme-1",
    }));

    let registered = register(&owner, &body).await.expect(201);

    assert_eq!(registered.text("email"), "Ann.Other@Example.com");
    owner.email = "ann.other@example.com".to_owned();
    owner.sign_in().await;
    let me = owner.get("/api/v1/auth/me").await.expect(200);
    let me = me.json();
    assert_eq!(me["user"]["id"], registered.text("user_id"));
    assert_eq!(me["user"]["username"], "Ann");
    assert_eq!(me["user"]["email_verified"], false);
    assert_eq!(me["tenant_id"], registered.text("tenant_id"));
    let membership = &me["memberships"][0];
    assert_eq!(membership["tenant"]["name"], "Acme & Sons");
    assert_eq!(membership["tenant"]["subdomain"], "acme-1");
    assert_eq!(membership["tenant"]["status"], "active");
    assert_eq!(membership["roles"], json!(["owner"]));
}

#[tokio::test]
async fn internationalized_domains_are_compared_in_ascii() {
    let service = TestService::start().await;
    let mut owner = service.anonymous();
    let entered = "Ann@Bücher.example";
    let first = ann(&json!({ "email": entered }));
    let registered = register(&owner, &first).await.expect(201);
    assert_eq!(registered.text("email"), entered);

    let ascii = "ann@xn--bcher-kva.example";
    let second = ann(&json!({ "email": ascii }));
    let refused = register(&owner, &second).await;
    refused.expect_problem(409, "already_exists");
    owner.email = ascii.to_owned();
    owner.sign_in().await;
    let me = owner.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me.text("user/id"), registered.text("user_id"));

    let invalid = ann(&json!({ "email": "ann@xn--zzzzzz.example" }));
    let refused = register(&owner, &invalid).await;
    refused.expect_field("email", "invalid_format");
}

#[tokio::test]
async fn email_addresses_are_unique_in_any_spelling() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    let first = ann(&json!({ "email": "jürgen@example.com" }));
    register(&stranger, &first).await.expect(201);

    for spelling in [
        "jürgen@example.com",
        "JÜRGEN@Example.COM",
        "ju\u{308}rgen@example.com",
        " jürgen@example.com ",
        "jürgen@ｅxample.com",
    ] {
        let again = ann(&json!({ "email": spelling, "organization_name": "Other" }));
        let refused = register(&stranger, &again).await;
        refused.expect_problem(409, "already_exists");
    }
}

#[tokio::test]
async fn names_are_unique_regardless_of_case() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    let first = ann(&json!({ "subdomain": "acme", "username": "ann" }));
    register(&stranger, &first).await.expect(201);

    for taken in [
        json!({ "subdomain": "ACME", "organization_name": "Other" }),
        json!({ "username": "ANN", "organization_name": "Other" }),
        json!({ "organization_name": "ACME & sons", "subdomain": "free" }),
    ] {
        let mut body = ann(&taken);
        body["email"] = json!("bob@example.com");
        let refused = register(&stranger, &body).await;
        refused.expect_problem(409, "already_exists");
    }
    // Rejected registrations leave nothing.
    let body = ann(&json!({ "email": "bob@example.com", "organization_name": "Other" }));
    register(&stranger, &body).await.expect(201);
}

#[tokio::test]
async fn derived_subdomains_are_numbered_when_taken() {
    let service = TestService::start().await;
    let mut seen = Vec::new();
    // Three names with the same label.
    for (number, name) in ["Acme, Ltd", "Acme Ltd", "acme-ltd!"].iter().enumerate() {
        let mut owner = service.anonymous();
        owner.email = format!("ann{number}@example.com");
        let body = ann(&json!({ "email": owner.email, "organization_name": name }));
        register(&owner, &body).await.expect(201);
        owner.sign_in().await;
        let me = owner.get("/api/v1/auth/me").await.expect(200);
        seen.push(me.text("memberships/0/tenant/subdomain"));
    }
    assert_eq!(seen, ["acme-ltd", "acme-ltd-2", "acme-ltd-3"]);
}

#[tokio::test]
async fn reserved_and_invalid_subdomains_are_rejected() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    for (subdomain, code) in [
        ("admin", "reserved"),
        ("WWW", "reserved"),
        ("ab", "too_short"),
        ("-acme", "invalid_characters"),
        ("a.b.c", "invalid_characters"),
        ("bücher", "invalid_characters"),
    ] {
        let body = ann(&json!({ "subdomain": subdomain }));
        register(&stranger, &body)
            .await
            .expect_field("subdomain", code);
    }
}

#[tokio::test]
async fn every_invalid_value_is_reported() {
    let service = TestService::start().await;
    let stranger = service.anonymous();
    for (field, value, code) in [
        ("email", json!("ann"), "invalid_format"),
        ("email", json!("ann@exa mple.com"), "invalid_format"),
        (
            "email",
            json!("ann@example.com\r\nBcc: x"),
            "invalid_characters",
        ),
        ("password", json!("seven77"), "too_short"),
        ("password", json!("x".repeat(129)), "too_long"),
        ("password", json!("aaaaaaaaaaaa"), "too_common"),
        ("password", json!("Password123"), "too_common"),
        ("password", json!("987654321"), "too_common"),
        ("password", json!("ANN@example.com"), "contains_name"),
        ("password", json!("ann@example1"), "contains_name"),
        ("password", json!("ACME & sons 2026!"), "contains_name"),
        ("password", json!("tenantry1"), "contains_name"),
        (
            "password",
            json!("nul\u{0}nul\u{0}nul"),
            "invalid_characters",
        ),
        ("username", json!("an"), "too_short"),
        ("username", json!("ann@example"), "invalid_characters"),
        ("organization_name", json!("  "), "too_short"),
        (
            "organization_name",
            json!("a\u{202e}b"),
            "invalid_characters",
        ),
    ] {
        let body = ann(&json!({ field: value }));
        register(&stranger, &body).await.expect_field(field, code);
    }

    let incomplete = json!({ "email": "ann@example.com", "password": PASSWORD });
    let refused = register(&stranger, &incomplete).await;
    refused.expect_field("organization_name", "required");

    let invalid = json!({ "email": "ann", "password": "short", "organization_name": "" });
    let refused = register(&stranger, &invalid).await;
    refused
        .expect_field("email", "invalid_format")
        .expect_field("password", "too_short")
        .expect_field("organization_name", "too_short");
}

#[tokio::test]
async fn passwords_made_of_names_are_rejected() {
    let service = TestService::with(&[("TENANTRY_APP__NAME", "File Depot")]).await;
    let stranger = service.anonymous();
    let names = json!({
        "email": "quint@example.com",
        "username": "Skipper7",
        "organization_name": "Blick & Söhne",
        "subdomain": "harbour",
    });
    for password in [
        "filedepot1",
        "DEPOT-2026",
        "quint12345",
        "skipper7!",
        "SO\u{308}HNE--99",
        "Harbour01",
        "quint@harbour",
    ] {
        let mut body = ann(&names);
        body["password"] = json!(password);
        let refused = register(&stranger, &body).await;
        refused.expect_field("password", "contains_name");
    }
    // The product's default name has no meaning here.
    let mut body = ann(&names);
    body["password"] = json!("tenantry-quay");
    register(&stranger, &body).await.expect(201);
}

#[tokio::test]
async fn with_a_single_tenant_its_name_is_no_password() {
    let service = TestService::with(&[("TENANTRY_TENANCY__STRATEGY", "none")]).await;
    let body = json!({ "email": "ann@example.com", "password": "default-77-42" });
    let refused = register(&service.anonymous(), &body).await;
    refused.expect_field("password", "contains_name");
}

#[tokio::test]
async fn concurrent_registrations_of_one_address_create_one_account() {
    let service = TestService::start().await;
    let tries = (0..8).map(|number| {
        let stranger = service.anonymous();
        let name = format!("Company {number}");
        tokio::spawn(async move {
            let body = ann(&json!({ "organization_name": name }));
            register(&stranger, &body).await.status.as_u16()
        })
    });
    let mut statuses = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        statuses.push(attempt.await.expect("a response"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn registration_can_be_closed() {
    for mode in ["invite", "closed"] {
        let service = TestService::with(&[("TENANTRY_SECURITY__REGISTRATION", mode)]).await;
        let refused = register(&service.anonymous(), &ann(&json!({}))).await;
        refused.expect_problem(403, "access_denied");
    }
}

#[tokio::test]
async fn with_a_single_tenant_the_first_user_owns_it_and_others_join() {
    let service = TestService::with(&[("TENANTRY_TENANCY__STRATEGY", "none")]).await;
    let stranger = service.anonymous();
    let refused = register(&stranger, &ann(&json!({}))).await;
    refused.expect_field("organization_name", "not_allowed");

    let mut tenants = Vec::new();
    for (name, role) in [("ann", "owner"), ("bob", "member"), ("cid", "member")] {
        let mut person = service.anonymous();
        person.email = format!("{name}@example.com");
        let body = json!({ "email": person.email, "password": PASSWORD });
        let registered = register(&person, &body).await.expect(201);
        person.sign_in().await;
        let me = person.get("/api/v1/auth/me").await.expect(200).json();
        assert_eq!(me["memberships"][0]["roles"], json!([role]));
        tenants.push(registered.text("tenant_id"));
    }
    tenants.dedup();
    assert_eq!(tenants.len(), 1);
}

#[tokio::test]
async fn with_a_single_tenant_no_stranger_owns_it_after_an_administrator_was_created() {
    let service = TestService::with(&[("TENANTRY_TENANCY__STRATEGY", "none")]).await;
    let admin = SeedAdmin {
        email: "admin@example.com".to_owned(),
        password: PASSWORD.to_owned(),
        tenant: None,
    };
    let (_, tenant) = seed_admin(service.services(), admin)
        .await
        .expect("created");
    let mut stranger = service.anonymous();
    stranger.email = "stranger@example.com".to_owned();
    let body = json!({ "email": stranger.email, "password": PASSWORD });
    let registered = register(&stranger, &body).await.expect(201);
    assert_eq!(
        Some(registered.text("tenant_id")),
        tenant.map(|id| id.to_string())
    );
    stranger.sign_in().await;
    let me = stranger.get("/api/v1/auth/me").await.expect(200).json();
    assert_eq!(me["memberships"][0]["roles"], json!(["member"]));
}

#[tokio::test]
async fn no_stranger_owns_the_single_tenant_of_a_store_with_others() {
    let mut service = TestService::start().await;
    service.company("acme").await;
    service
        .restart(&[("TENANTRY_TENANCY__STRATEGY", "none")])
        .await;
    let body = json!({ "email": "stranger@example.com", "password": PASSWORD });
    let refused = register(&service.anonymous(), &body).await;
    refused.expect_problem(403, "access_denied");
}
