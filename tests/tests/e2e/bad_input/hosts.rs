//! Requests that do not name exactly one host.

use tenantry_tests::harness::{TestService, Wire, send_http2};

#[tokio::test]
async fn http1_requests_name_one_host() {
    let service =
        TestService::with(&[("TENANTRY_HTTP__CORS_ORIGINS", "https://app.example.com")]).await;
    let preflight = "OPTIONS /health HTTP/1.1\r\nOrigin: https://app.example.com\r\n\
                     Access-Control-Request-Method: GET\r\n";
    for (head, status) in [
        ("GET /health HTTP/1.1\r\nHost: a.example\r\n", 200),
        ("GET /health HTTP/1.1\r\nHost: a.example:80\r\n", 200),
        ("GET /health HTTP/1.1\r\nHost: [::1]:80\r\n", 200),
        ("GET /health HTTP/1.1\r\nHost:\r\n", 200),
        ("GET /health HTTP/1.0\r\n", 200),
        // The host of an absolute target applies.
        (
            "GET http://a.example/health HTTP/1.1\r\nHost: b.example\r\n",
            200,
        ),
        ("GET /health HTTP/1.1\r\n", 400),
        ("GET http://a.example/health HTTP/1.1\r\n", 400),
        ("GET /nothing HTTP/1.1\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 400),
        ("GET /health HTTP/1.0\r\nHost: a\r\nHost: b\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a, b\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a b\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: u@a\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a/b\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: http://a\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a:port\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: [::1\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: b\u{fc}cher.example\r\n", 400),
        ("GET http://u@a.example/health HTTP/1.1\r\nHost: a\r\n", 400),
        (preflight, 400),
        (&format!("{preflight}Host: a\r\n"), 204),
    ] {
        let mut wire = Wire::connect(service.base()).await;
        wire.send(format!("{head}Connection: close\r\n\r\n")).await;
        let mut response = wire.response().await;
        response.request = head.to_owned();
        if status == 400 {
            response.expect_problem(400, "malformed_request");
        } else {
            response.expect(status);
        }
    }
}

#[tokio::test]
async fn http2_requests_name_one_host() {
    let service = TestService::start().await;
    let base = [
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/health"),
    ];
    for (fields, status) in [
        (&[(":authority", "a.example")][..], 200),
        (&[("host", "a.example")], 200),
        (
            &[(":authority", "a.example"), ("host", "A.example:80")],
            200,
        ),
        (&[], 400),
        (&[(":authority", "a.example"), ("host", "b.example")], 400),
        (
            &[(":authority", "a.example"), ("host", "a.example:8080")],
            400,
        ),
        (&[(":authority", "a"), ("host", "a"), ("host", "a")], 400),
        (&[("host", "a"), ("host", "b")], 400),
        (&[(":authority", "a"), ("host", "a b")], 400),
        (&[("host", "u@a")], 400),
        (&[(":authority", "u@a")], 400),
    ] {
        let fields = [&base, fields].concat();
        let (received, body) = send_http2(service.base(), &fields).await;
        assert_eq!(received, status, "{fields:?}");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        if status == 400 {
            assert_eq!(body["code"], "malformed_request", "{fields:?}");
        }
    }
}
