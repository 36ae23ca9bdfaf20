//! Several ranges of content, on every operation that takes a `Range`.

use reqwest::{
    Method,
    header::{ETAG, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE},
};
use tenantry_tests::harness::{Actor, ApiResponse, Content, Operation, RangePart, TestService};

use crate::cases::{Call, Resources, served_operations, valid_call};

/// Content of several chunks that are verified separately.
const CONTENT: Content = Content::new(5, 1_100_000);

/// A service with one file.
struct World {
    _service: TestService,
    alice: Actor,
    /// A valid call of each download.
    calls: Vec<Call>,
    /// A valid call of each `HEAD` operation.
    heads: Vec<Call>,
}

impl World {
    async fn new() -> Self {
        let service = TestService::start().await;
        let alice = service.company("acme").await;
        let own = Resources::create(&service, &alice, "a.bin").await;
        let path = "/api/v1/files/content?path=a.bin";
        let put = alice.request(Method::PUT, path).body(CONTENT.bytes());
        let put = put.header("content-type", "application/octet-stream");
        let id = alice.send(put).await.expect(200).text("file_id");
        alice.processed(&id).await;
        let takes_range = |operation: &&Operation| {
            let mut parameters = operation.parameters.iter();
            parameters.any(|it| it.place == "header" && it.name.eq_ignore_ascii_case("range"))
        };
        let operations = served_operations(&alice).await;
        let downloads = operations.iter().filter(takes_range);
        let calls: Vec<_> = downloads.map(|it| valid_call(it, &own)).collect();
        let heads = operations.iter().filter(|it| it.method == "HEAD");
        let heads: Vec<_> = heads.map(|it| valid_call(it, &own)).collect();
        assert!(!calls.is_empty() && calls.len() == heads.len());
        Self {
            _service: service,
            alice,
            calls,
            heads,
        }
    }

    async fn get(&self, call: &Call, headers: &[(&str, &str)]) -> ApiResponse {
        let call = headers.iter().fold(call.clone(), |call, (name, value)| {
            call.with("header", name, value)
        });
        self.alice.send(call.request(&self.alice)).await
    }
}

fn part(first: usize, last: usize) -> RangePart {
    RangePart {
        kind: "application/octet-stream".to_owned(),
        range: format!("bytes {first}-{last}/{}", CONTENT.size()),
        bytes: CONTENT.bytes()[first..=last].to_vec(),
    }
}

#[tokio::test]
async fn several_ranges_are_sent_in_parts() {
    let world = World::new().await;
    for call in &world.calls {
        for (range, expected) in [
            ("bytes=0-9,1000-1009", vec![part(0, 9), part(1000, 1009)]),
            // Across chunks, in the order of the request.
            (
                "bytes=700000-799999, 100-300000",
                vec![part(700_000, 799_999), part(100, 300_000)],
            ),
            (
                "bytes=-5,0-0,2000000-,500-600",
                vec![part(1_099_995, 1_099_999), part(0, 0), part(500, 600)],
            ),
        ] {
            let sent = world.get(call, &[("range", range)]).await.expect(206);
            assert!(sent.range_parts() == expected, "{range}");
            assert_eq!(sent.header("content-range"), None);
            assert_eq!(sent.header("accept-ranges"), Some("bytes"));
            let length = sent.body.len().to_string();
            assert_eq!(sent.header("content-length"), Some(length.as_str()));
        }
    }
}

#[tokio::test]
async fn combined_and_satisfiable_ranges_may_be_one() {
    let world = World::new().await;
    for call in &world.calls {
        for (range, shown) in [
            ("bytes=0-9,10-19", "bytes 0-19/1100000"),
            ("bytes=0-9,2000000-", "bytes 0-9/1100000"),
            ("bytes=0-,0-,0-,0-", "bytes 0-1099999/1100000"),
        ] {
            let sent = world.get(call, &[("range", range)]).await.expect(206);
            assert_eq!(sent.header("content-range"), Some(shown));
            assert_eq!(
                sent.header("content-type"),
                Some("application/octet-stream")
            );
        }
    }
}

#[tokio::test]
async fn unsuitable_ranges_are_ignored_or_rejected() {
    let world = World::new().await;
    let many: Vec<_> = (0..33).map(|n| format!("{0}-{0}", n * 1000)).collect();
    let many = format!("bytes={}", many.join(","));
    for call in &world.calls {
        for range in [many.as_str(), "bytes=0-9,x", "bytes=0-9,900-800"] {
            let whole = world.get(call, &[("range", range)]).await.expect(200);
            assert!(whole.body == CONTENT.bytes(), "{range}");
        }
        let beyond = world.get(call, &[("range", "bytes=2000000-,-0")]).await;
        let beyond = beyond.expect_problem(416, "range_not_satisfiable");
        assert_eq!(beyond.header("content-range"), Some("bytes */1100000"));
    }
}

#[tokio::test]
async fn conditions_apply_to_several_ranges() {
    let world = World::new().await;
    let range = (RANGE.as_str(), "bytes=0-9,1000-1009");
    for call in &world.calls {
        let tag = world.get(call, &[]).await.expect(200);
        let tag = tag.header(ETAG.as_str()).expect("a tag").to_owned();
        let weak = format!("W/{tag}");
        for (name, value, status) in [
            (IF_RANGE, tag.as_str(), 206),
            (IF_RANGE, weak.as_str(), 200),
            (IF_RANGE, "\"other\"", 200),
            (IF_MATCH, tag.as_str(), 206),
            (IF_MATCH, "\"other\"", 412),
            (IF_NONE_MATCH, tag.as_str(), 304),
        ] {
            let response = world.get(call, &[range, (name.as_str(), value)]).await;
            response.expect(status);
        }
    }
}

#[tokio::test]
async fn ranges_of_a_head_request_are_ignored() {
    let world = World::new().await;
    for call in &world.heads {
        let head = world.get(call, &[("range", "bytes=0-9,1000-1009")]).await;
        assert_eq!(head.expect(200).header("content-length"), Some("1100000"));
    }
}
