//! `SIGTERM`, `SIGINT` and `SIGHUP`: requests in progress finish, and no new
//! ones begin.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use reqwest::Body;
use tenantry_tests::harness::{Actor, Content, ServiceProcess, Settings, command, until};
use tokio::{net::TcpStream, sync::oneshot, time::Instant};

use crate::{
    data_folder::DataFolder,
    program::{PROGRAM, expect_clean, serve},
};

const SETTINGS: Settings<'static> = &[("TENANTRY_HTTP__SHUTDOWN_GRACE_SECONDS", "20")];
const GRACE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_finish_before_a_stop() {
    for signal in ["TERM", "INT", "HUP"] {
        expect_drained(signal).await;
    }
}

/// Expects an upload in progress to finish after a signal.
async fn expect_drained(signal: &str) {
    let data = DataFolder::new();
    // The tests may run under `nohup`.
    let mut env = command("env", data.path(), SETTINGS);
    env.args(["--default-signal=HUP", PROGRAM]);
    let mut process = ServiceProcess::of(env);
    let owner = Actor::register(process.base(), "acme").await;
    let content = Content::new(1, 3_000_000);
    let (resume, wait) = oneshot::channel();
    let upload = tokio::spawn(upload_in_halves(owner.clone(), content, wait));
    until("the upload is in progress", async || {
        (!data.staging_files().is_empty()).then_some(())
    })
    .await;

    let started = Instant::now();
    process.signal(signal);
    let address = process.base().trim_start_matches("http://").to_owned();
    until("connections are refused", async || {
        TcpStream::connect(&address).await.is_err().then_some(())
    })
    .await;
    assert!(
        process.exit_status().is_none(),
        "the process did not wait for the upload"
    );
    resume.send(()).expect("a waiting upload");
    let uploaded = upload.await.expect("an upload").expect(201);
    assert_eq!(uploaded.text("digest"), content.digest());
    let ended = until("the process has ended", async || process.exit_status()).await;
    assert!(ended.success(), "{ended}");
    assert!(started.elapsed() < GRACE);
    expect_clean(data.path(), SETTINGS);

    // The next process may have to validate it.
    let process = serve(data.path(), SETTINGS).await;
    let owner = owner.at(process.base());
    let file = owner.processed(&uploaded.text("file_id")).await;
    assert_eq!(file["status"], "ready");
    let download = owner.download(&uploaded.text("file_id")).await.expect(200);
    assert!(download.body == content.bytes());
}

#[tokio::test]
async fn a_stop_aborts_uploads_after_the_grace_time() {
    let data = DataFolder::new();
    let settings: Settings<'_> = &[("TENANTRY_HTTP__SHUTDOWN_GRACE_SECONDS", "1")];
    let mut process = serve(data.path(), settings).await;
    let owner = Actor::register(process.base(), "acme").await;
    let (_never, wait) = oneshot::channel();
    let content = Content::new(1, 3_000_000);
    let upload = tokio::spawn(async move {
        let request = in_halves(&owner, content, wait);
        owner.try_send(request).await
    });
    until("the upload is in progress", async || {
        (!data.staging_files().is_empty()).then_some(())
    })
    .await;
    process.terminate();
    let ended = until("the process has ended", async || process.exit_status()).await;
    assert!(ended.success(), "{ended}");
    assert!(upload.await.expect("a client").is_err());
}

#[tokio::test]
async fn an_ignored_hangup_stays_ignored() {
    let data = DataFolder::new();
    let mut shell = command("sh", data.path(), SETTINGS);
    // As `nohup` does.
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", PROGRAM]);
    let mut process = ServiceProcess::of(shell);
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id()));
    let status = status.expect("a running process");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.expect("a set").trim(), 16).expect("digits");
    assert_eq!(ignored & 1, 1, "SIGHUP is handled: {ignored:x}");
    process.signal("HUP");
    process.anonymous().get("/health").await.expect(200);
    process.terminate();
    let ended = until("the process has ended", async || process.exit_status()).await;
    assert!(ended.success(), "{ended}");
}

async fn upload_in_halves(
    owner: Actor,
    content: Content,
    wait: oneshot::Receiver<()>,
) -> tenantry_tests::harness::ApiResponse {
    owner.send(in_halves(&owner, content, wait)).await
}

/// Builds an upload that pauses in its middle until `wait` completes.
fn in_halves(
    owner: &Actor,
    content: Content,
    wait: oneshot::Receiver<()>,
) -> reqwest::RequestBuilder {
    let mut first: Vec<Bytes> = content.chunks().collect();
    let second = first.split_off(first.len() / 2);
    let pieces = stream::iter(first).chain(
        stream::once(async {
            // A dropped sender never resumes the upload.
            if wait.await.is_err() {
                std::future::pending::<()>().await;
            }
            stream::iter(second)
        })
        .flatten(),
    );
    owner
        .put_content("a.bin", content.size())
        .body(Body::wrap_stream(pieces.map(Ok::<_, Infallible>)))
}
