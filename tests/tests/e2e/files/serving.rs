//! Downloads: whole, in part, conditional.

use reqwest::{
    Method,
    header::{HeaderName, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE},
};
use tenantry_tests::harness::{Actor, ApiResponse, Form, TestService};

const TEXT: &str = "0123456789";

async fn ten_bytes(service: &TestService) -> (Actor, String) {
    let alice = service.company("acme").await;
    let file = alice.upload_ready("ten.txt", "text/plain", TEXT).await;
    let id = file["id"].as_str().expect("an id").to_owned();
    (alice, id)
}

async fn request_content(
    actor: &Actor,
    method: Method,
    id: &str,
    headers: &[(HeaderName, &str)],
) -> ApiResponse {
    let request = actor.request(method, &format!("/api/v1/files/{id}/content"));
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(name, *value)
    });
    actor.send(request).await
}

#[tokio::test]
async fn head_and_get_have_equal_headers() {
    let service = TestService::start().await;
    let (alice, id) = ten_bytes(&service).await;
    for path in [
        format!("/api/v1/files/{id}/content"),
        format!("/api/v1/files/{id}/content?version=1"),
        "/api/v1/files/content?path=ten.txt".to_owned(),
    ] {
        let got = alice.get(&path).await.expect(200);
        let head = alice
            .send(alice.request(Method::HEAD, &path))
            .await
            .expect(200);
        assert_eq!(got.body, TEXT);
        assert!(head.body.is_empty());
        let [mut left, mut right] = [got.headers.clone(), head.headers.clone()];
        for headers in [&mut left, &mut right] {
            headers.remove("date");
            headers.remove("x-request-id");
        }
        assert_eq!(left, right, "{path}");
        assert_eq!(got.header("content-length"), Some("10"));
        assert_eq!(got.header("content-type"), Some("text/plain"));
        assert_eq!(got.header("accept-ranges"), Some("bytes"));
        assert_eq!(got.header("cache-control"), Some("private, no-cache"));
    }
    let path = format!("/api/v1/files/{id}/content?version=2");
    alice
        .get(&path)
        .await
        .expect_problem(404, "version_not_found");
    for version in ["0", "-1", "x", "99999999999"] {
        let path = format!("/api/v1/files/{id}/content?version={version}");
        alice
            .get(&path)
            .await
            .expect_problem(400, "validation_failed");
    }
}

#[tokio::test]
async fn ranges_are_served() {
    let service = TestService::start().await;
    let (alice, id) = ten_bytes(&service).await;
    for (range, content, shown) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=3-5", "345", "bytes 3-5/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-4", "6789", "bytes 6-9/10"),
        ("bytes=-99", TEXT, "bytes 0-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=0-9", TEXT, "bytes 0-9/10"),
        // The gap is smaller than the headers of another part.
        ("bytes=0-1,4-5", "012345", "bytes 0-5/10"),
    ] {
        let part = request_content(&alice, Method::GET, &id, &[(RANGE, range)])
            .await
            .expect(206);
        assert_eq!(part.body, content, "{range}");
        assert_eq!(part.header("content-range"), Some(shown));
        let length = content.len().to_string();
        assert_eq!(part.header("content-length"), Some(length.as_str()));
    }
    for beyond in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
        let refused = request_content(&alice, Method::GET, &id, &[(RANGE, beyond)]).await;
        let refused = refused.expect_problem(416, "range_not_satisfiable");
        assert_eq!(refused.header("content-range"), Some("bytes */10"));
    }
    // Invalid ranges are ignored (RFC 9110, section 14.2).
    for odd in [
        "bytes=0-1,5-2",
        "bytes=5-2",
        "lines=1-2",
        "bytes=a-b",
        "bytes=",
    ] {
        let whole = request_content(&alice, Method::GET, &id, &[(RANGE, odd)])
            .await
            .expect(200);
        assert_eq!(whole.body, TEXT, "{odd}");
    }
}

#[tokio::test]
async fn conditional_requests_are_evaluated() {
    let service = TestService::start().await;
    let (alice, id) = ten_bytes(&service).await;
    let got = alice.download(&id).await.expect(200);
    let tag = got.header("etag").expect("a tag");
    let weak = format!("W/{tag}");
    let list = format!("\"other\", {tag}");

    for method in [Method::GET, Method::HEAD] {
        for known in [tag, &weak, &list, "*"] {
            let response =
                request_content(&alice, method.clone(), &id, &[(IF_NONE_MATCH, known)]).await;
            let response = response.expect(304);
            assert!(response.body.is_empty());
            assert_eq!(response.header("etag"), Some(tag));
        }
        let response =
            request_content(&alice, method.clone(), &id, &[(IF_NONE_MATCH, "\"other\"")]).await;
        response.expect(200);
        for other in ["\"other\"", weak.as_str()] {
            let response = request_content(&alice, method.clone(), &id, &[(IF_MATCH, other)]).await;
            response.expect(412);
        }
        for same in [tag, &list, "*"] {
            let response = request_content(&alice, method.clone(), &id, &[(IF_MATCH, same)]).await;
            response.expect(200);
        }
    }
    let part = [(RANGE, "bytes=0-1"), (IF_RANGE, tag)];
    request_content(&alice, Method::GET, &id, &part)
        .await
        .expect(206);
    for other in ["\"other\"", weak.as_str(), "Wed, 21 Oct 2015 07:28:00 GMT"] {
        let whole = [(RANGE, "bytes=0-1"), (IF_RANGE, other)];
        let whole = request_content(&alice, Method::GET, &id, &whole)
            .await
            .expect(200);
        assert_eq!(whole.body, TEXT);
    }
    // After an upload the old tag no longer matches.
    alice
        .upload("ten.txt", "text/plain", "other")
        .await
        .expect(200);
    alice.processed(&id).await;
    let response = request_content(&alice, Method::GET, &id, &[(IF_NONE_MATCH, tag)]).await;
    assert_eq!(response.expect(200).body, "other");
}

#[tokio::test]
async fn served_content_cannot_run_scripts() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (name, kind, content) in [
        ("page.html", "text/html", "<script>alert(1)</script>"),
        (
            "image.svg",
            "image/svg+xml",
            "<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        ),
        ("code.js", "text/javascript", "alert(1)"),
        ("data.xml", "application/xml", "<?xml version='1.0'?><a/>"),
        ("none", "application/octet-stream", "<html>"),
    ] {
        let uploaded = alice.upload(name, kind, content).await.expect(201);
        let id = uploaded.text("file_id");
        let file = alice.processed(&id).await;
        assert_eq!(file["status"], "ready", "{file}");
        let served = alice.download(&id).await.expect(200);
        assert_eq!(served.body, content);
        assert_eq!(served.header("x-content-type-options"), Some("nosniff"));
        let policy = served.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"));
        let disposition = served.header("content-disposition").expect("a disposition");
        assert!(disposition.starts_with("attachment;"), "{disposition}");
        assert_eq!(served.header("content-encoding"), None);
    }
}

#[tokio::test]
async fn file_names_are_escaped_in_headers() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (path, shown) in [
        (
            "a b.txt",
            "filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt",
        ),
        (
            "a\"b;c.txt",
            "filename=\"a_b;c.txt\"; filename*=UTF-8''a%22b%3Bc.txt",
        ),
        ("ü.txt", "filename=\"_.txt\"; filename*=UTF-8''%C3%BC.txt"),
        (
            "100%.txt",
            "filename=\"100_.txt\"; filename*=UTF-8''100%25.txt",
        ),
        (
            "a'b.txt",
            "filename=\"a_b.txt\"; filename*=UTF-8''a%27b.txt",
        ),
    ] {
        let form = Form::new()
            .field("path", path)
            .file("x", "text/plain", path);
        let uploaded = alice.upload_form(form.end()).await.expect(201);
        let id = uploaded.text("file_id");
        alice.processed(&id).await;
        let served = alice.download(&id).await.expect(200);
        let disposition = served.header("content-disposition").expect("a disposition");
        assert_eq!(disposition, format!("attachment; {shown}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_requests_are_answered_in_order() {
    let service = TestService::start().await;
    let mut people = Vec::new();
    for name in ["acme", "globex", "initech"] {
        let person = service.company(name).await;
        let file = person
            .upload_ready("a.txt", "text/plain", name.repeat(5000))
            .await;
        people.push((person, file["id"].as_str().expect("an id").to_owned(), name));
    }
    // Two requests in one packet get their responses in order.
    for _ in 0..10 {
        for (first, second) in [(0, 1), (1, 2), (2, 0)] {
            let requests = [&people[first], &people[second]];
            let heads = requests.map(|(person, id, _)| {
                let head = person.head("GET", &format!("/api/v1/files/{id}/content"));
                head.replace("Connection: close\r\n", "") + "\r\n"
            });
            let mut wire = requests[0].0.wire().await;
            wire.send(heads.concat()).await;
            for (_, _, name) in requests {
                let response = wire.response().await.expect(200);
                assert_eq!(response.body, name.repeat(5000));
            }
        }
    }
}
