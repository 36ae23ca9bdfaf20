//! The API document, the pages that show it, and the pages of problems.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use tenantry_tests::harness::TestService;

#[tokio::test]
async fn the_document_is_served_as_json_and_yaml() {
    let service = TestService::start().await;
    let anyone = service.anonymous();
    let json = anyone.get("/openapi.json").await.expect(200);
    assert_eq!(json.header("content-type"), Some("application/json"));
    let yaml = anyone.get("/openapi.yaml").await.expect(200);
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    let yaml = String::from_utf8(yaml.body.to_vec()).expect("text");
    let document = json.json();
    assert_eq!(document["openapi"], "3.0.3");
    // Every key and text of the JSON form is in the YAML form.
    let mut words = BTreeSet::new();
    collect(&document, &mut words);
    let missing: Vec<_> = words.iter().filter(|word| !yaml.contains(*word)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let tag = json.header("etag").expect("a tag");
    let again = anyone.request(Method::GET, "/openapi.json");
    let again = anyone.send(again.header("if-none-match", tag)).await;
    again.expect(304);
}

/// Collects keys and single-line texts, which YAML does not change.
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
async fn the_pages_load_no_foreign_resources() {
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
async fn every_problem_has_a_page() {
    let service = TestService::start().await;
    let anyone = service.anonymous();
    let list = anyone.get("/problems").await.expect(200).json();
    let list = list["items"].as_array().expect("items").clone();
    let all = tenantry_http::problem::codes::ALL;
    assert_eq!(list.len(), all.len());
    for code in all {
        let path = code.type_uri("");
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
async fn large_responses_are_compressed_on_request() {
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
