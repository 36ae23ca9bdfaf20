//! Memory under clients that stop reading, or go away.

use std::time::Duration;

use futures_util::{StreamExt, future::join_all, stream};
use h2::{RecvStream, client};
use http::Request;
use reqwest::{Method, StatusCode};
use tenantry_tests::harness::{Actor, Content, Providers, Wire};
use tokio::{net::TcpStream, time::sleep};

use crate::large::{MIB, World, expect_download, expect_processed, put};

/// The number of stalled downloads.
const STALLED: usize = 400;

/// The memory for read-ahead, which all downloads share.
const READ_MEMORY: u64 = 16 * MIB;
/// The memory of a stalled download with its request and its connection.
const PER_STALLED: u64 = MIB / 5;

/// The memory of connections to a storage service, which are kept for reuse.
const CONNECTIONS: u64 = 64 * MIB;

/// Uploads a file larger than the buffers of sockets.
async fn upload_large(world: &World) -> (String, Content) {
    let content = Content::new(7, 16 * MIB);
    let file = put(&world.owner, "large.bin", content).await;
    expect_processed(&world.owner, &file).await;
    (file, content)
}

fn path_of(file: &str) -> String {
    format!("/api/v1/files/{file}/content")
}

fn authorization(owner: &Actor) -> String {
    format!("Bearer {}", owner.token.as_deref().expect("signed in"))
}

/// Downloads over HTTP/1.1 and reads the response's head only.
async fn stall_http1(world: &World, file: &str, count: usize) -> Vec<Wire> {
    let base = world.process.base();
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: test\r\nAuthorization: {}\r\n\r\n",
        path_of(file),
        authorization(&world.owner)
    );
    let downloads = stream::iter(0..count).map(async |_| {
        let mut wire = Wire::connect(base).await;
        wire.send(&request).await;
        assert_eq!(wire.head().await, Some(StatusCode::OK));
        wire
    });
    downloads.buffer_unordered(32).collect().await
}

/// Downloads over HTTP/2, 100 streams per connection, and reads the responses'
/// heads only.
async fn stall_http2(world: &World, file: &str, count: usize) -> Vec<RecvStream> {
    let address = world.process.base().trim_start_matches("http://");
    let mut downloads = Vec::new();
    for _ in 0..count.div_ceil(100) {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (requests, connection) = client::Builder::new()
            .initial_connection_window_size(64 * 1024 * 1024)
            .initial_window_size(64 * 1024)
            .handshake::<_, bytes::Bytes>(stream)
            .await
            .expect("a handshake");
        tokio::spawn(connection);
        let mut requests = requests.ready().await.expect("ready");
        for _ in 0..100.min(count - downloads.len()) {
            let request = Request::get(format!("http://{address}{}", path_of(file)))
                .header("authorization", authorization(&world.owner))
                .body(())
                .expect("a request");
            requests = requests.ready().await.expect("ready");
            let (response, _) = requests.send_request(request, true).expect("sent");
            let response = response.await.expect("a response");
            assert_eq!(response.status(), 200);
            downloads.push(response.into_body());
        }
    }
    downloads
}

/// Waits until the service's memory no longer changes.
async fn settled(world: &World) {
    let mut last = 0;
    loop {
        let now = world.process.resident_bytes();
        if now.abs_diff(last) < MIB / 4 {
            return;
        }
        last = now;
        sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_downloads_take_bounded_memory() {
    stall(Providers::of_this_run()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_downloads_from_s3_take_bounded_memory() {
    stall(Providers::named("sqlite+s3+memory")).await;
}

async fn stall(providers: Providers) {
    let world = World::on(providers).await;
    let (file, content) = upload_large(&world).await;
    let mut bound = READ_MEMORY + STALLED as u64 * PER_STALLED;
    if providers.storage.takes_parts {
        bound += CONNECTIONS;
    }
    let hold = async {
        let downloads = stall_http1(&world, &file, STALLED).await;
        settled(&world).await;
        // A fast download does not wait for the stalled ones.
        expect_download(&world.owner, &file, content).await;
        downloads
    };
    drop(world.within(bound, "stalled over HTTP/1.1", hold).await);
    let hold = async {
        let downloads = stall_http2(&world, &file, STALLED).await;
        settled(&world).await;
        expect_download(&world.owner, &file, content).await;
        downloads
    };
    drop(world.within(bound, "stalled over HTTP/2", hold).await);
}

/// The number of uploads, and of downloads, of 16 MiB each.
const TRANSFERS: u64 = 32;

/// The memory that all of them may add.
const MIXED: u64 = 96 * MIB;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_transfers_take_bounded_memory() {
    let world = World::on(Providers::of_this_run()).await;
    let (file, content) = upload_large(&world).await;
    let (world, file) = (&world, file.as_str());
    let transfers = (0..TRANSFERS).map(async |number| {
        let (complete, abandoned) = (number % 4 != 0, number % 4 == 0);
        let owner = world.owner.clone();
        let upload = async {
            let content = Content::new(1000 + number, 16 * MIB);
            let path = format!("{number}.bin");
            if complete {
                put(&owner, &path, content).await;
            } else {
                abandon_upload(&owner, &path, content).await;
            }
        };
        let download = async {
            if abandoned {
                abandon_download(world, file).await;
            } else {
                expect_download(&world.owner, file, content).await;
            }
        };
        tokio::join!(upload, download);
    });
    let all = join_all(transfers);
    world
        .within(MIXED, "32 uploads and 32 downloads", all)
        .await;
}

/// Uploads a part of the content and closes the connection.
async fn abandon_upload(owner: &Actor, path: &str, content: Content) {
    let half = usize::try_from(content.size() / 2 / (64 * 1024)).expect("small");
    let chunks = content.chunks().take(half).map(Ok);
    let cut = [Err(std::io::Error::other("the client goes away"))];
    let body = reqwest::Body::wrap_stream(stream::iter(chunks.chain(cut)));
    let request = owner.put_content(path, content.size()).body(body);
    assert!(owner.try_send(request).await.is_err(), "a response");
}

/// Reads a part of a download and closes the connection.
async fn abandon_download(world: &World, file: &str) {
    let request = world.owner.request(Method::GET, &path_of(file));
    let mut response = request.send().await.expect("a response");
    for _ in 0..20 {
        response.chunk().await.expect("bytes");
    }
}
