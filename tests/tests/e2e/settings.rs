//! The settings of a tenant.

use reqwest::{
    Method,
    header::{IF_MATCH, IF_NONE_MATCH},
};
use serde_json::json;
use tenantry_tests::harness::TestService;

const SETTINGS: &str = "/api/v1/settings";

#[tokio::test]
async fn settings_are_replaced_on_conditions() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let first = alice.get(SETTINGS).await.expect(200);
    assert_eq!(first.json(), json!({ "content_types": "safe" }));
    let first_tag = first.header("etag").expect("a tag").to_owned();

    let strict = json!({ "content_types": "strict" });
    let changed = alice.put(SETTINGS, &strict).await.expect(200);
    assert_eq!(changed.json(), strict);
    let found = alice.get(SETTINGS).await.expect(200);
    assert_eq!(found.json(), strict);
    assert_eq!(found.header("etag"), changed.header("etag"));
    let tag = found.header("etag").expect("a tag").to_owned();
    assert_ne!(tag, first_tag);
    let unchanged = alice
        .request(Method::GET, SETTINGS)
        .header(IF_NONE_MATCH, &tag);
    alice.send(unchanged).await.expect(304);

    let off = json!({ "content_types": "off" });
    let put = |tag: &str| {
        let request = alice.request(Method::PUT, SETTINGS);
        request.header(IF_MATCH, tag).json(&off)
    };
    let stale = alice.send(put(&first_tag)).await;
    stale.expect_problem(412, "precondition_failed");
    alice.send(put(&tag)).await.expect(200);
    let other = bob.get(SETTINGS).await.expect(200);
    assert_eq!(other.json()["content_types"], "safe");

    // A repetition changes nothing and leaves no entry.
    alice.put(SETTINGS, &off).await.expect(200);
    let audit = alice.get("/api/v1/audit?limit=3").await.expect(200).json();
    let entries = audit["items"].as_array().expect("a list");
    let updates: Vec<_> = entries
        .iter()
        .filter(|entry| entry["action"] == "settings.update")
        .map(|entry| (&entry["detail"]["from"], &entry["detail"]["to"]))
        .collect();
    assert_eq!(
        updates,
        [
            (&json!("strict"), &json!("off")),
            (&json!("safe"), &json!("strict"))
        ]
    );
}

#[tokio::test]
async fn invalid_settings_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for body in [
        json!({}),
        json!({ "content_types": null }),
        json!({ "content_types": "loose" }),
        json!({ "content_types": "safe", "other": 1 }),
    ] {
        let refused = alice.put(SETTINGS, &body).await;
        refused.expect_problem(400, "validation_failed");
    }
}
