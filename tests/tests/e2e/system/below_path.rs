//! The service behind a proxy that serves it below a path.

use std::time::Duration;

use reqwest::{Client, Url};
use serde_json::Value;
use tenantry_application::{
    ports::{BlobKey, PresignAccess, PresignRequest},
    transfers,
};
use tenantry_tests::harness::{Actor, TestService};

use crate::{
    cases::{Resources, served_operations, valid_call},
    path_proxy::PathProxy,
};

const PATH: &str = "/team/files";

/// A service below [`PATH`].
struct World {
    service: TestService,
    proxy: PathProxy,
    alice: Actor,
}

impl World {
    async fn new() -> Self {
        let mut proxy = PathProxy::bind(PATH).await;
        let settings = [("TENANTRY_HTTP__PUBLIC_URL", proxy.url())];
        let service = TestService::embedded(&settings).await;
        proxy.serve(service.base());
        let alice = Actor::register(proxy.url(), "acme").await;
        Self {
            service,
            proxy,
            alice,
        }
    }

    /// Returns the URL that a reference in a response names.
    fn resolve(&self, request: &str, reference: &str) -> Url {
        let base = Url::parse(&format!("{}{request}", self.proxy.url())).expect("a URL");
        base.join(reference).expect("a reference")
    }

    /// Expects a reference in a response to lead to a resource.
    async fn expect_found(&self, request: &str, reference: &str) {
        self.expect_found_by(&self.alice, request, reference).await;
    }

    async fn expect_found_by(&self, actor: &Actor, request: &str, reference: &str) {
        let url = self.resolve(request, reference);
        let token = actor.token.as_deref().unwrap_or_default();
        let response = Client::new().get(url.clone()).bearer_auth(token).send();
        let status = response.await.expect("a response").status();
        assert_eq!(status, 200, "{request}: {url}");
    }
}

/// Collects the strings of a JSON value that look like URLs.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with('/') || text.contains("://") => {
            found.push(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(members) => members.values().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn references_of_every_operation_can_be_followed() {
    let world = World::new().await;
    let document = world.alice.get("/openapi.json").await.expect(200).json();
    let (mut located, mut followed) = (Vec::new(), 0);
    for (n, operation) in served_operations(&world.alice).await.iter().enumerate() {
        // A call may delete its resource or end its session.
        let bob = Actor::register(world.proxy.url(), &format!("company-{n}")).await;
        let own = Resources::create(&world.service, &bob, "a.txt").await;
        let call = valid_call(operation, &own);
        for actor in [&bob.with_token(None), &bob] {
            let response = actor.send(call.request(actor)).await;
            let mut found = Vec::new();
            if let Some(location) = response.header("location") {
                located.push(operation.id.clone());
                found.push(location.to_owned());
            }
            if let Ok(body) = serde_json::from_slice(&response.body) {
                references(&body, &mut found);
            }
            for reference in found {
                world
                    .expect_found_by(&bob, &operation.path, &reference)
                    .await;
                followed += 1;
            }
        }
    }
    let operations = document["paths"].as_object().expect("paths").values();
    let operations = operations.flat_map(|item| item.as_object().expect("a path").values());
    let documented = operations.filter(|operation| {
        let responses = operation["responses"].as_object();
        let mut responses = responses.into_iter().flat_map(|them| them.values());
        responses.any(|response| {
            let mut names = response["headers"].as_object().into_iter().flatten();
            names.any(|(name, _)| name.eq_ignore_ascii_case("location"))
        })
    });
    let mut documented: Vec<_> = documented
        .map(|operation| operation["operationId"].as_str().expect("an id").to_owned())
        .collect();
    documented.sort();
    located.sort();
    assert!(!documented.is_empty());
    assert_eq!(located, documented);
    assert!(followed > 20, "only {followed} references");
}

#[tokio::test]
async fn documents_name_the_path() {
    let world = World::new().await;
    let document = world.alice.get("/openapi.json").await.expect(200).json();
    assert_eq!(document["servers"][0]["url"], PATH);
    let server = document["servers"][0]["url"].as_str().expect("a URL");
    world
        .expect_found("/openapi.json", &format!("{server}/health"))
        .await;
    let yaml = world.alice.get("/openapi.yaml").await.expect(200);
    let yaml = String::from_utf8_lossy(&yaml.body).into_owned();
    assert!(
        yaml.contains(&format!("url: \"{PATH}\"")),
        "no {PATH} in the YAML"
    );
}

#[tokio::test]
async fn links_of_pages_can_be_followed() {
    let world = World::new().await;
    let mut followed = 0;
    for page in ["/docs", "/redoc", "/scalar", "/problems"] {
        let request = world.alice.request(reqwest::Method::GET, page);
        let response = world
            .alice
            .send(request.header("accept", "text/html"))
            .await;
        let html = String::from_utf8_lossy(&response.expect(200).body).into_owned();
        for attribute in [" src=\"", " href=\"", " data-url=\""] {
            for link in html.split(attribute).skip(1) {
                let link = link.split('"').next().expect("a quote");
                if !link.starts_with("data:") {
                    world.expect_found(page, link).await;
                    followed += 1;
                }
            }
        }
    }
    // The scripts that start Swagger UI and Redoc load it from their page.
    world.expect_found("/docs", "openapi.json").await;
    assert!(followed > 20, "only {followed} links");
    let listed = world.alice.get("/problems").await.expect(200).json();
    let mut types = Vec::new();
    references(&listed, &mut types);
    for reference in &types {
        world.expect_found("/problems", reference).await;
    }
    assert!(types.len() > 10, "{types:?}");
}

#[tokio::test]
async fn presigned_urls_can_be_followed() {
    let world = World::new().await;
    world
        .alice
        .upload_ready("a.txt", "text/plain", "ten bytes!")
        .await;
    let stored = world.service.stored(&world.alice).await;
    let key: BlobKey = stored
        .keys()
        .next()
        .expect("a blob")
        .parse()
        .expect("a key");
    let services = world.service.services();
    let read = PresignRequest {
        key,
        access: PresignAccess::Get,
        expires_in: Duration::from_mins(1),
    };
    let backend = services.blobs.default_name();
    let signed = transfers::presign(services, backend, &read)
        .await
        .expect("signed");
    assert!(signed.url.starts_with(world.proxy.url()), "{}", signed.url);
    let response = reqwest::get(&signed.url).await.expect("a response");
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.expect("a body"), "ten bytes!");
}
