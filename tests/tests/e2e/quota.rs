//! The storage quota is exact, also for concurrent, refused and aborted uploads.

use futures_util::future::join_all;
use reqwest::{
    Body, Method,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use tenantry_tests::harness::{Actor, ApiResponse, Content, Form, TestService, until};

const MIB: u64 = 1024 * 1024;
/// A tenth of the quota, less than the parts of a form around a file take.
const TENTH: u64 = MIB / 10;

async fn small_quota() -> (TestService, Actor) {
    let service = TestService::with(&[("TENANTRY_LIMITS__QUOTA_MB", "1")]).await;
    let alice = service.company("acme").await;
    (service, alice)
}

async fn put(actor: &Actor, number: u64, body: Body, length: Option<u64>) -> ApiResponse {
    let mut request = actor
        .request(Method::PUT, "/api/v1/files/content")
        .query(&[("path", format!("{number}.bin"))])
        .header(CONTENT_TYPE, "application/octet-stream");
    if let Some(length) = length {
        request = request.header(CONTENT_LENGTH, length);
    }
    actor.send(request.body(body)).await
}

/// Returns the used bytes once nothing is reserved any more.
async fn settled_usage(actor: &Actor) -> u64 {
    until("no byte is reserved", async || {
        let usage = actor.usage().await;
        let settled = usage["storage_reserved_bytes"] == 0 && usage["open_uploads"] == 0;
        settled.then_some(usage["storage_used_bytes"].as_u64()?)
    })
    .await
}

fn count(responses: &[ApiResponse], status: u16) -> usize {
    let of_status = |response: &&ApiResponse| response.status == status;
    responses.iter().filter(of_status).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raw_uploads_fill_the_quota_exactly() {
    let (service, alice) = small_quota().await;
    let uploads = (0..100).map(|number| {
        let content = Content::new(number, TENTH);
        let alice = alice.clone();
        async move { put(&alice, number, content.body(), Some(TENTH)).await }
    });
    let responses = join_all(uploads).await;

    assert_eq!(count(&responses, 201), 10);
    assert_eq!(count(&responses, 403), 90);
    for refused in responses
        .into_iter()
        .filter(|response| response.status == 403)
    {
        refused.expect_problem(403, "quota_exceeded");
    }
    assert_eq!(settled_usage(&alice).await, 10 * TENTH);
    let files = alice.get("/api/v1/files?include_total=true").await;
    assert_eq!(files.expect(200).json()["total"], 10);
    until("ten blobs are stored", async || {
        (service.stored(&alice).await.len() == 10).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn form_uploads_fill_the_quota_exactly() {
    let (_service, alice) = small_quota().await;
    let uploads = (0..100).map(|number| {
        let content = Content::new(number, TENTH).bytes();
        let form = Form::new().file("a.bin", "application/octet-stream", content);
        let alice = alice.clone();
        async move { alice.upload_form(form.end()).await }
    });
    let responses = join_all(uploads).await;

    assert_eq!(count(&responses, 201), 10);
    assert_eq!(count(&responses, 403), 90);
    assert_eq!(settled_usage(&alice).await, 10 * TENTH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aborted_uploads_release_their_reservation() {
    let (service, alice) = small_quota().await;
    put(&alice, 0, Content::new(0, TENTH).body(), Some(TENTH))
        .await
        .expect(201);
    let form = Form::new().file("cut.bin", "application/octet-stream", vec![7; 9_000]);
    let form = form.end();
    let uploads = (1..=50).map(|number| {
        let (alice, form) = (alice.clone(), form.clone());
        async move {
            let path = format!("/api/v1/files/content?path=cut-{number}.bin");
            let head = match number % 3 {
                0 => format!(
                    "{}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n2000\r\n",
                    alice.head("PUT", &path)
                ),
                1 => format!(
                    "{}Content-Type: text/plain\r\nContent-Length: 20000\r\n\r\n",
                    alice.head("PUT", &path)
                ),
                _ => format!(
                    "{}Content-Type: {}\r\nContent-Length: {}\r\n\r\n",
                    alice.head("POST", "/api/v1/files"),
                    Form::CONTENT_TYPE,
                    form.len()
                ),
            };
            let half = if number % 3 == 2 {
                form[..5_000].to_vec()
            } else {
                vec![7; 5_000]
            };
            let mut wire = alice.wire().await;
            wire.send(head).await;
            wire.send(half).await;
            // Some close the connection only after the reservation.
            if number % 5 == 0 {
                until("the upload is in progress", async || {
                    let usage = alice.usage().await;
                    (usage["open_uploads"] != 0).then_some(())
                })
                .await;
            }
        }
    });
    join_all(uploads).await;

    assert_eq!(settled_usage(&alice).await, TENTH);
    let files = alice.get("/api/v1/files?include_total=true").await;
    assert_eq!(files.expect(200).json()["total"], 1);
    until("the aborted uploads are removed", async || {
        (service.stored(&alice).await.len() == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_body_of_unknown_length_is_rejected_at_the_quota() {
    let (service, alice) = small_quota().await;
    let fits = put(&alice, 1, Content::new(1, MIB / 2).body(), None).await;
    fits.expect(201);

    let refused = put(&alice, 2, Content::new(2, MIB).body(), None).await;
    refused.expect_problem(403, "quota_exceeded");

    assert_eq!(settled_usage(&alice).await, MIB / 2);
    alice
        .get("/api/v1/files/content?path=2.bin")
        .await
        .expect_problem(404, "file_not_found");
    assert_eq!(service.stored(&alice).await.len(), 1);
    // The exact remainder fits.
    let rest = put(&alice, 3, Content::new(3, MIB / 2).body(), None).await;
    rest.expect(201);
    assert_eq!(settled_usage(&alice).await, MIB);
}

#[tokio::test]
async fn files_above_the_maximum_size_are_rejected() {
    let settings = [("TENANTRY_LIMITS__MAX_FILE_MB", "1")];
    let service = TestService::with(&settings).await;
    let alice = service.company("acme").await;
    let large = Content::new(1, MIB + 1);

    for length in [Some(MIB + 1), None] {
        let refused = put(&alice, 1, large.body(), length).await;
        refused.expect_problem(413, "file_too_large");
    }
    let form = Form::new().file("a.bin", "", large.bytes());
    let refused = alice.upload_form(form.end()).await;
    refused.expect_problem(413, "file_too_large");
    let request = alice.request(Method::POST, "/api/v1/files");
    let request = request.header(CONTENT_TYPE, Form::CONTENT_TYPE);
    let chunks = Form::new().file("a.bin", "", large.bytes()).end();
    let stream = futures_util::stream::once(async { Ok::<_, std::io::Error>(chunks) });
    let refused = alice.send(request.body(Body::wrap_stream(stream))).await;
    refused.expect_problem(413, "file_too_large");

    assert_eq!(settled_usage(&alice).await, 0);
    assert!(service.stored(&alice).await.is_empty());
    let exact = put(&alice, 2, Content::new(2, MIB).body(), Some(MIB)).await;
    exact.expect(201);
}

#[tokio::test]
async fn versions_count_until_the_file_is_deleted() {
    let (_service, alice) = small_quota().await;
    for seed in 0..3 {
        let content = Content::new(seed, TENTH);
        put(&alice, 1, content.body(), Some(TENTH)).await;
    }
    let usage = alice.usage().await;
    assert_eq!(usage["storage_used_bytes"], 3 * TENTH);
    assert_eq!(usage["storage_quota_bytes"], MIB);
    assert_eq!(usage["storage_available_bytes"], MIB - 3 * TENTH);
    assert_eq!(usage["buckets"][0]["bucket"], "companies");
    assert_eq!(usage["buckets"][0]["bucket_id"], alice.tenant_id);
    assert_eq!(usage["buckets"][0]["files"], 1);
    assert_eq!(usage["buckets"][0]["versions"], 3);
    assert_eq!(usage["buckets"][0]["size_bytes"], 3 * TENTH);

    let file = alice.get("/api/v1/files?path=1.bin").await.expect(200);
    let path = format!("/api/v1/files/{}", file.text("items/0/id"));
    alice.delete(&path).await.expect(204);

    assert_eq!(settled_usage(&alice).await, 0);
    assert_eq!(alice.usage().await["buckets"], serde_json::json!([]));
}
