//! Contents over HTTP/2, larger than the windows of a stream and a connection.

use futures_util::future::join_all;
use reqwest::{Client, Method, header::RANGE};
use tenantry_tests::harness::{Content, TestService};

/// More than 64 KiB for each of the streams of one connection.
const SIZE: u64 = 3 * 1024 * 1024 + 7;
const STREAMS: u64 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_contents_pass_over_one_http2_connection() {
    let service = TestService::start().await;
    let client = Client::builder().http2_prior_knowledge();
    let alice = service.company("acme").await;
    let alice = alice.with_client(client.build().expect("a client"));
    let transfers = (0..STREAMS).map(|seed| {
        let alice = alice.clone();
        async move {
            let content = Content::new(seed, SIZE);
            let path = format!("{seed}.bin");
            let kind = "application/octet-stream";
            let file = alice.upload_ready(&path, kind, content.bytes()).await;
            assert_eq!(file["digest"], content.digest());
            let id = file["id"].as_str().expect("an id");
            let whole = alice.download(id).await.expect(200);
            assert!(whole.body == content.bytes(), "{path}");
            let part = alice.request(Method::GET, &format!("/api/v1/files/{id}/content"));
            let part = part.header(RANGE, format!("bytes=-{}", SIZE - 1));
            let part = alice.send(part).await.expect(206);
            assert!(part.body == content.bytes().slice(1..), "{path}");
        }
    });
    join_all(transfers).await;
}
