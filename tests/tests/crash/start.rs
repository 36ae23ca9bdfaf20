//! Starts: fast ones, and failures that name their cause.

use std::{fs, net::TcpListener, time::Duration};

use tenantry_tests::{
    harness::{Actor, ServiceProcess, Settings, command, until},
    services::free_port,
};
use tokio::time::Instant;

use crate::{
    data_folder::DataFolder,
    program::{CommandOutput, PROGRAM, run, serve},
    tier::Tier,
};

const SETTINGS: Settings<'static> = &[];

/// The maximum time to start on an empty store.
const FIRST_START: Duration = Duration::from_secs(1);

/// Asserts that a start failed with one line.
#[track_caller]
fn expect_line(ended: &CommandOutput, parts: &[&str]) {
    assert!(!ended.is_success(), "{}", ended.text());
    let stderr = ended.stderr();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert_eq!(ended.stdout(), "");
    for part in parts {
        assert!(stderr.contains(part), "no {part:?} in {stderr}");
    }
}

#[test]
fn an_empty_store_starts_quickly() {
    let data = DataFolder::new();
    let started = Instant::now();
    let process = ServiceProcess::start(PROGRAM, data.path(), SETTINGS);
    let first = started.elapsed();
    process.kill();
    let started = Instant::now();
    let process = ServiceProcess::start(PROGRAM, data.path(), SETTINGS);
    let second = started.elapsed();
    println!("up in {first:?} on an empty store, in {second:?} after a kill");
    println!("at rest in {} KiB", process.resident_bytes() / 1024);
    if Tier::of_this_run() == Tier::Soak {
        assert!(first < FIRST_START, "the start took {first:?}");
    }
}

#[test]
fn a_port_in_use_is_reported() {
    let data = DataFolder::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let ended = run(data.path(), SETTINGS, &["serve", "--port", &port]);
    expect_line(&ended, &[&format!("127.0.0.1:{port}"), "--port"]);
}

#[test]
fn production_requires_a_secret() {
    let data = DataFolder::new();
    let settings: Settings<'_> = &[("TENANTRY_PROFILE", "production")];
    let ended = run(data.path(), settings, &["serve"]);
    expect_line(&ended, &["security.secret", "tenantry secret generate"]);
    let left: Vec<_> = fs::read_dir(data.path()).expect("a folder").collect();
    assert!(left.is_empty(), "the start left {left:?}");

    let secret = run(data.path(), SETTINGS, &["secret", "generate"]).stdout();
    let settings: Settings<'_> = &[
        ("TENANTRY_PROFILE", "production"),
        ("TENANTRY_HTTP__PORT", "0"),
        ("TENANTRY_SECURITY__SECRET", secret.trim()),
    ];
    ServiceProcess::start(PROGRAM, data.path(), settings).kill();
}

#[test]
fn an_invalid_data_folder_is_reported() {
    let data = DataFolder::new();
    let file = data.path().join("file");
    fs::write(&file, "not a folder").expect("written");
    let shown = file.to_str().expect("a path");
    let ended = run(data.path(), SETTINGS, &["serve", "--data", shown]);
    expect_line(&ended, &[shown]);
}

#[test]
fn an_invalid_database_file_is_rejected() {
    let data = DataFolder::new();
    let garbage = "this is not a database. ".repeat(1000);
    fs::write(data.path().join("tenantry.db"), &garbage).expect("written");
    let ended = run(data.path(), SETTINGS, &["serve"]);
    expect_line(&ended, &["database"]);
    let left = fs::read_to_string(data.path().join("tenantry.db"));
    assert_eq!(left.expect("a file"), garbage);
}

#[tokio::test]
async fn a_newer_schema_is_rejected() {
    let data = DataFolder::new();
    serve(data.path(), SETTINGS).await.kill();
    data.change("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 1)")
        .await;
    for command in ["serve", "worker", "fsck"] {
        let ended = run(data.path(), SETTINGS, &[command]);
        expect_line(&ended, &["m9999_later", "newer"]);
    }
}

#[tokio::test]
async fn an_interrupted_migration_can_be_repeated() {
    let data = DataFolder::new();
    serve(data.path(), SETTINGS).await.kill();
    let forget = "DELETE FROM seaql_migrations WHERE version = 'm0005_idempotency'";
    data.change(forget).await;
    // The origin of the table is unknown.
    let ended = run(data.path(), SETTINGS, &["serve"]);
    expect_line(&ended, &["m0005_idempotency", "did not apply it"]);
    data.run("DROP TABLE idempotency_records").await;
    serve(data.path(), SETTINGS).await.kill();
    let known = "SELECT COUNT(*) FROM seaql_migrations WHERE version = 'm0005_idempotency'";
    assert_eq!(data.number(known).await, 1);
}

#[tokio::test]
async fn the_database_uses_a_write_ahead_log() {
    let data = DataFolder::new();
    let process = serve(data.path(), SETTINGS).await;
    Actor::register(process.base(), "acme").await;
    let mode = data.column::<String>("PRAGMA journal_mode").await;
    assert_eq!(mode, ["wal"]);
    assert!(data.path().join("tenantry.db-wal").exists());
}

#[tokio::test]
async fn an_unmounted_blob_folder_is_reported() {
    let data = DataFolder::new();
    let process = serve(data.path(), SETTINGS).await;
    let owner = Actor::register(process.base(), "acme").await;
    let file = owner.upload_ready("a.txt", "text/plain", "one").await;
    process.kill();
    let (blobs, away) = (data.path().join("blobs"), data.path().join("away"));
    fs::rename(&blobs, &away).expect("moved");
    for command in ["serve", "worker", "fsck"] {
        let ended = run(data.path(), SETTINGS, &[command]);
        expect_line(&ended, &["blobs", "mounted"]);
        assert!(!blobs.exists());
    }
    fs::rename(&away, &blobs).expect("moved");
    let process = serve(data.path(), SETTINGS).await;
    let id = file["id"].as_str().expect("an id");
    let download = owner.at(process.base()).download(id).await;
    assert_eq!(download.expect(200).body, "one");
}

/// Monitors without an HTTP client can ask the program for the health of a
/// process.
#[tokio::test]
async fn the_health_command_reports_a_process() {
    let data = DataFolder::new();
    let [port, worker_port] = [free_port(), free_port()].map(|port| port.to_string());
    let settings: Settings<'_> = &[
        ("TENANTRY_HTTP__PORT", &port),
        ("TENANTRY_WORKER__PORT", &worker_port),
        ("TENANTRY_WORKER__INLINE", "false"),
    ];
    let nobody = run(data.path(), settings, &["health"]);
    expect_line(&nobody, &[&port, "no response"]);

    let process = serve(data.path(), settings).await;
    let mut worker = command(PROGRAM, data.path(), settings);
    let mut worker = worker.arg("worker").spawn().expect("a worker");
    let healthy = run(data.path(), settings, &["health"]);
    assert!(healthy.is_success(), "{}", healthy.text());
    until("the worker is healthy", async || {
        let asked = run(data.path(), settings, &["health", "--worker"]);
        asked.is_success().then_some(())
    })
    .await;
    // It serves nothing else.
    let files = Actor::anonymous(format!("http://127.0.0.1:{worker_port}"));
    files
        .get("/api/v1/files")
        .await
        .expect_problem(404, "not_found");

    process.kill();
    worker.kill().expect("a kill");
    worker.wait().expect("its end");
    assert!(!run(data.path(), settings, &["health", "--worker"]).is_success());
}
