//! The example of a reverse proxy, the container image, and the programs that the
//! service may start: none.

use crate::{
    expect_none,
    tree::{Source, matching, sources},
};

fn file(path: &str) -> Source {
    let mut found = matching(|name| name == path);
    found.pop().expect("the file exists")
}

/// Returns the values of a directive of nginx.
fn values<'a>(text: &'a str, directive: &str) -> Vec<&'a str> {
    let lines = text.lines().map(str::trim);
    let found = lines.filter_map(|line| line.strip_prefix(directive));
    let values = found.filter_map(|rest| rest.strip_prefix(' '));
    values.map(|value| value.trim_end_matches(';')).collect()
}

#[test]
fn the_proxy_requires_tls() {
    let proxy = file("config/examples/nginx.conf").text;
    assert_eq!(values(&proxy, "ssl_protocols"), ["TLSv1.2 TLSv1.3"]);
    let suites = values(&proxy, "ssl_ciphers");
    assert_eq!(suites.len(), 1);
    for suite in suites[0].split(':') {
        assert!(suite.starts_with("ECDHE-"), "{suite}");
        let is_authenticated = suite.contains("-GCM-") || suite.ends_with("-CHACHA20-POLY1305");
        assert!(is_authenticated, "{suite}");
    }
    let policies = values(&proxy, "add_header Strict-Transport-Security");
    assert_eq!(policies, ["\"max-age=31536000; includeSubDomains\" always"]);
    assert_eq!(values(&proxy, "listen"), ["80", "443 ssl http2"]);
    // Without TLS, only pages are redirected, and nothing is passed to the service.
    let (plain, _) = proxy.split_once("listen 443").expect("a server with TLS");
    assert!(!plain.contains("proxy_pass"));
    assert_eq!(
        values(plain, "return"),
        ["308 https://$host$request_uri", "403"]
    );
    let pages = "location ~ ^/(docs|redoc|scalar)$ {\n            return 308";
    assert!(plain.contains(pages), "{plain}");
}

#[test]
fn the_proxy_sets_the_headers_of_the_client() {
    let proxy = file("config/examples/nginx.conf").text;
    let mut headers = values(&proxy, "proxy_set_header");
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            "Connection \"\"",
            "Host $host",
            "X-Forwarded-For $proxy_add_x_forwarded_for",
            "X-Forwarded-Proto $scheme",
        ]
    );
}

#[test]
fn the_image_contains_only_the_program_and_its_settings() {
    let image = file("Dockerfile").text;
    let (_, last) = image.rsplit_once("\nFROM ").expect("two stages");
    assert_eq!(
        values(last, "COPY"),
        [
            "--from=build /usr/local/bin/tenantry /usr/local/bin/tenantry",
            "config/default.toml config/default.toml",
            "config/profiles config/profiles",
        ]
    );
    assert_eq!(values(last, "USER"), ["10001"]);
    assert!(last.contains("TENANTRY_PROFILE=production"));
}

#[test]
fn the_service_starts_no_programs() {
    let mut findings = Vec::new();
    for source in sources(".rs") {
        if source.path.starts_with("tests/") {
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            if line.contains("process::Command") || line.contains("Command::new(") {
                findings.push(source.at(number, line.trim()));
            }
        }
    }
    expect_none("code that starts a program:", &findings);
}
