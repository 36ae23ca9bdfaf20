//! Requests of pages of another origin, as browsers send them.

use reqwest::Method;
use serde_json::Value;
use tenantry_tests::harness::{Actor, ApiResponse, TestService};

use super::libraries::LIBRARIES;
use crate::cases::served_operations;

const ORIGIN: &str = "https://app.example.com";

/// The response headers that scripts may always read (Fetch, section 2.2.2).
const SAFE: [&str; 6] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
];

async fn service() -> TestService {
    TestService::with(&[("TENANTRY_HTTP__CORS_ORIGINS", ORIGIN)]).await
}

async fn preflight(anyone: &Actor, path: &str, method: &str, headers: &str) -> ApiResponse {
    let request = anyone.request(Method::OPTIONS, path);
    let request = request.header("origin", ORIGIN);
    let request = request.header("access-control-request-method", method);
    let request = request.header("access-control-request-headers", headers);
    anyone.send(request).await
}

/// Decides as a browser does whether it may send the request.
#[track_caller]
fn expect_allowed(preflight: &ApiResponse, method: &str, headers: &str, library: &str) {
    assert!(
        preflight.status.is_success(),
        "{library}: {}",
        preflight.status
    );
    let header = |name| preflight.header(name).unwrap_or_default();
    let lists = |name, wanted: &str| {
        let mut items = header(name).split(',').map(str::trim);
        items.any(|item| item.eq_ignore_ascii_case(wanted))
    };
    assert_eq!(header("access-control-allow-origin"), ORIGIN);
    assert_eq!(header("access-control-allow-credentials"), "true");
    assert!(
        lists("access-control-allow-methods", method),
        "{library}: {method}"
    );
    for wanted in headers.split(',') {
        assert!(
            lists("access-control-allow-headers", wanted),
            "{library}: {wanted}"
        );
    }
    let age = header("access-control-max-age").parse::<u32>();
    assert!(age.is_ok_and(|seconds| seconds > 0), "{library}");
}

#[tokio::test]
async fn preflights_of_every_operation_allow_its_headers() {
    let service = service().await;
    let anyone = service.anonymous();
    for operation in served_operations(&anyone).await {
        let own = operation
            .parameters
            .iter()
            .filter(|it| it.place == "header");
        let own = own.map(|it| it.name.to_lowercase());
        let common = [
            "authorization",
            "content-type",
            "x-tenant-id",
            "x-request-id",
        ];
        let headers: Vec<_> = common.map(str::to_owned).into_iter().chain(own).collect();
        let headers = headers.join(",");
        let path = operation.path.replace(['{', '}'], "");
        let response = preflight(&anyone, &path, &operation.method, &headers).await;
        expect_allowed(&response, &operation.method, &headers, &operation.id);
    }
}

#[tokio::test]
async fn preflights_allow_the_headers_of_browser_libraries() {
    let service = service().await;
    let anyone = service.anonymous();
    for (library, headers) in LIBRARIES {
        for (method, path) in [
            ("POST", "/api/v1/files"),
            ("PUT", "/api/v1/files/content?path=a.txt"),
            (
                "PUT",
                "/transfers/default/t/tenant/blob?expires=1&signature=2",
            ),
        ] {
            let response = preflight(&anyone, path, method, headers).await;
            expect_allowed(&response, method, headers, library);
            let vary: Vec<_> = response.headers.get_all("vary").iter().collect();
            for name in ["origin", "access-control-request-headers"] {
                assert!(vary.iter().any(|value| *value == name), "{vary:?}");
            }
        }
    }
}

#[tokio::test]
async fn preflights_allow_private_networks_if_asked() {
    const ANSWER: &str = "access-control-allow-private-network";
    let service = service().await;
    let anyone = service.anonymous();
    for (origin, question, answer) in [
        (ORIGIN, Some("true"), Some("true")),
        (ORIGIN, Some("false"), None),
        (ORIGIN, None, None),
        ("https://evil.example.com", Some("true"), None),
        ("null", Some("true"), None),
    ] {
        let request = anyone.request(Method::OPTIONS, "/api/v1/files");
        let request = request.header("origin", origin);
        let mut request = request.header("access-control-request-method", "GET");
        if let Some(question) = question {
            request = request.header("access-control-request-private-network", question);
        }
        let response = anyone.send(request).await;
        assert_eq!(response.header(ANSWER), answer, "{origin} {question:?}");
    }
}

#[tokio::test]
async fn preflights_do_not_hide_errors_of_the_request() {
    let service = service().await;
    let anyone = service.anonymous();
    let long = format!("/nothing?{}", "x".repeat(40_000));
    for (path, status) in [
        ("/api/v1/files/%ff", 400),
        ("/nothing", 404),
        (long.as_str(), 431),
    ] {
        let allowed = preflight(&anyone, path, "GET", "authorization").await;
        expect_allowed(&allowed, "GET", "authorization", path);
        let request = anyone.request(Method::GET, path).header("origin", ORIGIN);
        let response = anyone.send(request).await.expect(status);
        assert_eq!(
            response.header("access-control-allow-origin"),
            Some(ORIGIN),
            "{path}"
        );
    }
}

#[tokio::test]
async fn preflights_allow_only_valid_names() {
    let service = service().await;
    let anyone = service.anonymous();
    let many: Vec<_> = (0..2000).map(|n| format!("x-{n}")).collect();
    let many = format!("x y,x(y),,X-REQUEST-ID,{}", many.join(","));
    let response = preflight(&anyone, "/api/v1/files", "GET", &many)
        .await
        .expect(204);
    let allowed = response
        .header("access-control-allow-headers")
        .expect("headers");
    assert!(
        !allowed.contains("x y") && !allowed.contains("x(y)"),
        "{allowed}"
    );
    let names: Vec<_> = allowed.split(", ").collect();
    assert!(names.len() < 100, "{} names", names.len());
    let ids = names
        .iter()
        .filter(|name| name.eq_ignore_ascii_case("x-request-id"));
    assert_eq!(ids.count(), 1);
    // Other origins learn nothing.
    let request = anyone.request(Method::OPTIONS, "/api/v1/files");
    let request = request.header("origin", "https://evil.example.com");
    let request = request.header("access-control-request-method", "GET");
    let refused = request.header("access-control-request-headers", "traceparent");
    let refused = anyone.send(refused).await;
    assert_eq!(refused.header("access-control-allow-headers"), None);
}

#[tokio::test]
async fn scripts_can_read_every_documented_header() {
    let service = service().await;
    let anyone = service.anonymous();
    let request = anyone.request(Method::GET, "/openapi.json");
    let document = anyone
        .send(request.header("origin", ORIGIN))
        .await
        .expect(200);
    let exposed = document
        .header("access-control-expose-headers")
        .expect("headers");
    let exposed: Vec<_> = exposed.split(", ").map(str::to_lowercase).collect();
    let mut documented = Vec::new();
    response_headers(&document.json(), &mut documented);
    for name in &documented {
        let is_readable = exposed.contains(name) || SAFE.contains(&name.as_str());
        assert!(is_readable, "{name} is not exposed");
    }
    assert!(documented.len() > 10, "{documented:?}");
    for name in ["x-request-id", "www-authenticate", "allow", "accept-ranges"] {
        assert!(exposed.contains(&name.to_owned()), "{name} is not exposed");
    }
}

/// Collects the names of the headers of responses.
fn response_headers(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(headers) = value["headers"].as_object() {
                found.extend(headers.keys().map(|name| name.to_lowercase()));
            }
            members
                .values()
                .for_each(|value| response_headers(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| response_headers(item, found)),
        _ => {}
    }
}
