//! The reservations of uploads without a length, which grow as data arrives.

use futures_util::{
    StreamExt,
    future::{Either, join_all, select},
    stream,
};
use reqwest::{Body, Method, header::CONTENT_TYPE};
use tenantry_domain::quota::MIN_CHARGE_BYTES;
use tenantry_tests::harness::{
    Actor, ApiResponse, Content, Section, TestService, Wire, borrowed, providers::provider, until,
};

const MIB: u64 = 1024 * 1024;
/// The maximum number of bytes reserved ahead of those that have arrived.
const AHEAD: u64 = 8 * MIB;

/// Starts a service with a quota on a database.
async fn serve(database: &str, quota_mb: &str) -> TestService {
    let database = provider(Section::Database, database);
    let mut settings = Vec::new();
    if database.server.is_some() {
        let namespace = database.namespace_under_load().await;
        settings = namespace.variables("DATABASE");
    }
    settings.push(("TENANTRY_LIMITS__QUOTA_MB".to_owned(), quota_mb.to_owned()));
    TestService::embedded(&borrowed(&settings)).await
}

/// Begins an upload without a length.
async fn begin(owner: &Actor, path: &str) -> Wire {
    let path = format!("/api/v1/files/content?path={path}");
    let mut wire = owner.wire().await;
    let head = owner.head("PUT", &path);
    wire.send(format!(
        "{head}Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    ))
    .await;
    wire
}

async fn send_chunk(wire: &mut Wire, bytes: &[u8]) {
    wire.send(format!("{:x}\r\n", bytes.len())).await;
    wire.send(bytes).await;
    wire.send("\r\n").await;
}

fn number(usage: &serde_json::Value, name: &str) -> u64 {
    usage[name].as_u64().expect("a number")
}

async fn reserved(owner: &Actor) -> u64 {
    number(&owner.usage().await, "storage_reserved_bytes")
}

/// Returns the used bytes once nothing is reserved.
async fn settled(owner: &Actor) -> u64 {
    until("nothing is reserved", async || {
        let usage = owner.usage().await;
        let is_settled = usage["storage_reserved_bytes"] == 0 && usage["open_uploads"] == 0;
        is_settled.then(|| number(&usage, "storage_used_bytes"))
    })
    .await
}

async fn ten_bytes_hold_little(service: &TestService) {
    let owner = service.company("acme").await;
    let mut wires = Vec::new();
    for count in 1..=3 {
        let mut wire = begin(&owner, &format!("{count}.bin")).await;
        send_chunk(&mut wire, b"0123456789").await;
        wires.push(wire);
        until("the upload has begun", async || {
            (owner.usage().await["open_uploads"] == count).then_some(())
        })
        .await;
        let held = reserved(&owner).await;
        assert!(held > 0 && held <= count * AHEAD, "{held} bytes");
    }
    for wire in &mut wires {
        wire.send("0\r\n\r\n").await;
        wire.response().await.expect(201);
    }
    assert_eq!(settled(&owner).await, 3 * MIN_CHARGE_BYTES);
}

async fn reservation_follows_the_bytes(service: &TestService) {
    let owner = service.company("globex").await;
    let mut wire = begin(&owner, "large.bin").await;
    let sent = 20 * MIB;
    send_chunk(&mut wire, &Content::new(1, sent).bytes()).await;
    until("the bytes are reserved", async || {
        (reserved(&owner).await >= sent).then_some(())
    })
    .await;
    let held = reserved(&owner).await;
    assert!(held <= sent + AHEAD, "{held} bytes");
    drop(wire);
    assert_eq!(settled(&owner).await, 0);

    let mut wire = begin(&owner, "large.bin").await;
    send_chunk(&mut wire, &Content::new(1, sent).bytes()).await;
    wire.send("0\r\n\r\n").await;
    wire.response().await.expect(201);
    assert_eq!(settled(&owner).await, sent);
}

/// Returns `None` if the service has refused the upload and closed the
/// connection before the client has sent the body.
async fn put(owner: Actor, seed: u64, bytes: u64) -> Option<ApiResponse> {
    let content = Content::new(seed, bytes).bytes();
    let pieces: Vec<_> = content
        .chunks(64 * 1024)
        .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
        .collect();
    let request = owner
        .request(Method::PUT, "/api/v1/files/content")
        .query(&[("path", format!("{seed}.bin"))])
        .header(CONTENT_TYPE, "application/octet-stream");
    let body = Body::wrap_stream(stream::iter(pieces));
    owner.try_send(request.body(body)).await.ok()
}

async fn concurrent_uploads_stay_within_the_quota(service: &TestService, quota: u64) {
    let owner = service.company("initech").await;
    let size = quota / 4;
    let uploads = (0..8).map(|seed| put(owner.clone(), seed, size));
    let mut uploads = Box::pin(join_all(uploads));
    let mut samples = Box::pin(stream::repeat(()).then(async |()| owner.usage().await));
    let responses = loop {
        match select(uploads, samples.next()).await {
            Either::Left((responses, _)) => break responses,
            Either::Right((usage, unfinished)) => {
                uploads = unfinished;
                let usage = usage.expect("a sample");
                let held =
                    number(&usage, "storage_used_bytes") + number(&usage, "storage_reserved_bytes");
                assert!(held <= quota, "{usage}");
            }
        }
    };
    let mut stored = 0;
    for response in responses.into_iter().flatten() {
        match response.status.as_u16() {
            201 => stored += 1,
            _ => drop(response.expect_problem(403, "quota_exceeded")),
        }
    }
    assert!((1..=4).contains(&stored), "{stored} uploads");
    assert_eq!(settled(&owner).await, stored * size);
    until("refused content is removed", async || {
        (service.stored(&owner).await.len() as u64 == stored).then_some(())
    })
    .await;
}

async fn uploads_without_a_length(database: &str) -> TestService {
    let service = serve(database, "64").await;
    ten_bytes_hold_little(&service).await;
    reservation_follows_the_bytes(&service).await;
    service
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_reserves_for_bytes_that_arrive() {
    let service = uploads_without_a_length("sqlite").await;
    concurrent_uploads_stay_within_the_quota(&service, 64 * MIB).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_reserves_for_bytes_that_arrive() {
    let service = uploads_without_a_length("postgres").await;
    concurrent_uploads_stay_within_the_quota(&service, 64 * MIB).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mongodb_reserves_for_bytes_that_arrive() {
    uploads_without_a_length("mongodb").await;
}
