//! Starts: quick ones, and those that cannot be and say why.

use std::{fs, net::TcpListener, time::Duration};

use tenantry_tests::{
    harness::{Actor, ServiceProcess, Settings, command, until},
    services::free_port,
};
use tokio::time::Instant;

use crate::{
    data_folder::DataFolder,
    program::{Ended, PROGRAM, run, serve},
    tier::Tier,
};

const SETTINGS: Settings<'static> = &[];

/// How long a start on an empty store may take.
const FIRST_START: Duration = Duration::from_secs(1);

/// A start that ended with one line.
#[track_caller]
fn expect_line(ended: &Ended, parts: &[&str]) {
    assert!(!ended.is_success(), "{}", ended.all());
    let complained = ended.complained();
    assert_eq!(complained.lines().count(), 1, "{complained}");
    assert_eq!(ended.said(), "");
    for part in parts {
        assert!(complained.contains(part), "no {part:?} in {complained}");
    }
}

#[test]
fn an_empty_store_is_up_at_once() {
    let data = DataFolder::new();
    let begun = Instant::now();
    let process = ServiceProcess::start(PROGRAM, data.path(), SETTINGS);
    let first = begun.elapsed();
    process.kill();
    let begun = Instant::now();
    let process = ServiceProcess::start(PROGRAM, data.path(), SETTINGS);
    let second = begun.elapsed();
    println!("up in {first:?} on an empty store, in {second:?} after a kill");
    println!("at rest in {} KiB", process.resident_bytes() / 1024);
    if Tier::of_this_run() == Tier::Soak {
        assert!(first < FIRST_START, "{first:?} is too long");
    }
}

#[test]
fn a_port_in_use_is_named_with_its_flag() {
    let data = DataFolder::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let ended = run(data.path(), SETTINGS, &["serve", "--port", &port]);
    expect_line(&ended, &[&format!("127.0.0.1:{port}"), "--port"]);
}

#[test]
fn production_without_a_secret_says_how_to_make_one() {
    let data = DataFolder::new();
    let settings: Settings<'_> = &[("TENANTRY_PROFILE", "production")];
    let ended = run(data.path(), settings, &["serve"]);
    expect_line(&ended, &["security.secret", "tenantry secret generate"]);
    let left: Vec<_> = fs::read_dir(data.path()).expect("a folder").collect();
    assert!(left.is_empty(), "it left {left:?}");

    let secret = run(data.path(), SETTINGS, &["secret", "generate"]).said();
    let settings: Settings<'_> = &[
        ("TENANTRY_PROFILE", "production"),
        ("TENANTRY_HTTP__PORT", "0"),
        ("TENANTRY_SECURITY__SECRET", secret.trim()),
    ];
    ServiceProcess::start(PROGRAM, data.path(), settings).kill();
}

#[test]
fn a_data_folder_that_is_none_is_named() {
    let data = DataFolder::new();
    let file = data.path().join("file");
    fs::write(&file, "not a folder").expect("written");
    let shown = file.to_str().expect("a path");
    let ended = run(data.path(), SETTINGS, &["serve", "--data", shown]);
    expect_line(&ended, &[shown]);
}

#[test]
fn a_database_that_is_none_is_refused() {
    let data = DataFolder::new();
    let garbage = "this is not a database. ".repeat(1000);
    fs::write(data.path().join("tenantry.db"), &garbage).expect("written");
    let ended = run(data.path(), SETTINGS, &["serve"]);
    expect_line(&ended, &["database"]);
    let left = fs::read_to_string(data.path().join("tenantry.db"));
    assert_eq!(left.expect("a file"), garbage);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
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
async fn a_migration_that_broke_off_is_done_again() {
    let data = DataFolder::new();
    serve(data.path(), SETTINGS).await.kill();
    let forget = "DELETE FROM seaql_migrations WHERE version = 'm0005_idempotency'";
    data.change(forget).await;
    // Whoever put the table there, the start does not guess.
    let ended = run(data.path(), SETTINGS, &["serve"]);
    expect_line(&ended, &["m0005_idempotency", "half"]);
    data.run("DROP TABLE idempotency_records").await;
    serve(data.path(), SETTINGS).await.kill();
    let known = "SELECT COUNT(*) FROM seaql_migrations WHERE version = 'm0005_idempotency'";
    assert_eq!(data.number(known).await, 1);
}

#[tokio::test]
async fn the_database_keeps_a_journal() {
    let data = DataFolder::new();
    let process = serve(data.path(), SETTINGS).await;
    Actor::register(process.base(), "acme").await;
    let mode = data.column::<String>("PRAGMA journal_mode").await;
    assert_eq!(mode, ["wal"]);
    assert!(data.path().join("tenantry.db-wal").exists());
}

#[tokio::test]
async fn a_disk_that_is_not_mounted_is_noticed() {
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

/// What watches processes, and has no client but the program itself, can tell
/// whether they are well.
#[tokio::test]
async fn a_process_can_be_asked_how_it_is() {
    let data = DataFolder::new();
    let [port, worker_port] = [free_port(), free_port()].map(|port| port.to_string());
    let settings: Settings<'_> = &[
        ("TENANTRY_HTTP__PORT", &port),
        ("TENANTRY_WORKER__PORT", &worker_port),
        ("TENANTRY_WORKER__INLINE", "false"),
    ];
    let nobody = run(data.path(), settings, &["health"]);
    expect_line(&nobody, &[&port, "does not answer"]);

    let process = serve(data.path(), settings).await;
    let mut worker = command(PROGRAM, data.path(), settings);
    let mut worker = worker.arg("worker").spawn().expect("a worker");
    let healthy = run(data.path(), settings, &["health"]);
    assert!(healthy.is_success(), "{}", healthy.all());
    until("the worker is well", async || {
        let asked = run(data.path(), settings, &["health", "--worker"]);
        asked.is_success().then_some(())
    })
    .await;
    // It answers nothing else.
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
