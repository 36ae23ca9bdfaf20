//! `kill -9` during uploads, on the providers of this run.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, future::join_all, stream};
use reqwest::Body;
use tenantry_tests::harness::{
    Actor, Dice, Place, Providers, ServiceProcess, Settings, command, record_count, until,
};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    data_folder::DataFolder,
    ledger::{KnownFile, SharedPath, files, versions},
    leftovers::expect_swept,
    program::{PROGRAM, expect_clean, serve},
    tier::Tier,
    writer::Writer,
};

/// Short intervals, so that recovery is quick.
const SETTINGS: Settings<'static> = &[
    ("TENANTRY_LIMITS__QUOTA_MB", "100000"),
    ("TENANTRY_WORKER__LEASE_SECONDS", "6"),
    ("TENANTRY_WORKER__SWEEP_INTERVAL_SECONDS", "1"),
    ("TENANTRY_WORKER__UPLOAD_HEARTBEAT_SECONDS", "2"),
    ("TENANTRY_WORKER__UPLOAD_GRACE_SECONDS", "6"),
];

/// Keeps the lease of a killed process short: it is 2.5 times as long.
const MONGODB_TIMEOUT: (&str, &str) = ("TENANTRY_DATABASE__ANSWER_WITHIN_MS", "2000");

/// The number of concurrent clients.
const WRITERS: u64 = 8;
/// The upload that never finishes.
const ENDLESS: &str = "endless.bin";
const PIECE: usize = 64 * 1024;
const PIECES: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_upload_survives_a_kill() {
    let rounds = Tier::of_this_run().pick(5, 50);
    let world = World::new().await;
    let mut companies: Vec<Company> = Vec::new();
    let mut process = world.serve().await;
    for round in 0..rounds {
        let owner = Actor::register(process.base(), &format!("round-{round}")).await;
        let company = Company::write_until_killed(owner, process, &world, round).await;
        process = world.serve().await;
        company.expect_ended(&process).await;
        company.verify(&process).await;
        world.expect_swept(process).await;
        companies.push(company);
        process = world.serve().await;
    }
    let acknowledged: usize = companies.iter().map(Company::acknowledged).sum();
    assert!(acknowledged >= rounds * 4, "only {acknowledged} uploads");
    // The acknowledgements of all rounds hold after the last kill as well.
    for company in &mut companies {
        company.owner = company.owner.at(process.base());
        company.owner.sign_in().await;
        company.verify(&process).await;
    }
    world.expect_swept(process).await;
    println!("{rounds} kills, {acknowledged} acknowledged uploads");
    record_count(env!("CARGO_TARGET_TMPDIR"), "crash", rounds);
}

#[tokio::test]
async fn the_service_starts_after_a_kill_during_its_first_start() {
    let world = World::new().await;
    for milliseconds in [1, 3, 5, 10, 20, 30, 50, 80, 120, 200] {
        let mut process = command(PROGRAM, world.data.path(), &world.settings());
        let process = process.arg("serve").stdout(std::process::Stdio::null());
        let mut process = process.spawn().expect("a process");
        sleep(Duration::from_millis(milliseconds)).await;
        process.kill().expect("killed");
        process.wait().expect("ended");
    }
    let process = world.serve().await;
    let owner = Actor::register(process.base(), "after").await;
    let file = owner.upload_ready("a.txt", "text/plain", "hello").await;
    assert_eq!(file["status"], "ready");
    process.kill();
    expect_clean(world.data.path(), &world.settings());
}

/// The providers of this run, and a data folder.
struct World {
    place: Place,
    data: DataFolder,
}

impl World {
    async fn new() -> Self {
        Self {
            place: Providers::of_this_run().place().await,
            data: DataFolder::new(),
        }
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        let mut settings = [self.place.settings(), SETTINGS.to_vec()].concat();
        if self.place.providers.database.kind == "mongodb" {
            settings.push(MONGODB_TIMEOUT);
        }
        settings
    }

    async fn serve(&self) -> ServiceProcess {
        serve(self.data.path(), &self.settings()).await
    }

    /// Stops the service; expects it to be consistent, and a sweep to leave only
    /// objects that versions refer to.
    async fn expect_swept(&self, mut process: ServiceProcess) {
        process.terminate();
        until("the service has stopped", async || process.exit_status()).await;
        let settings = self.settings();
        expect_clean(self.data.path(), &settings);
        expect_swept(self.data.path(), &settings).await;
        let files = self.data.staging_files();
        assert!(files.is_empty(), "unfinished writes are left: {files:?}");
    }
}

/// A company and the acknowledgements its clients received.
struct Company {
    owner: Actor,
    files: Vec<KnownFile>,
    shared: SharedPath,
}

impl Company {
    async fn write_until_killed(
        owner: Actor,
        process: ServiceProcess,
        world: &World,
        round: usize,
    ) -> Self {
        let mut dice = Dice::new(round as u64);
        let mut writers = JoinSet::new();
        for number in 0..WRITERS {
            let writer = Writer::new(&owner, round as u64 * WRITERS + number);
            writers.spawn(writer.write_until_disconnected());
        }
        let endless = tokio::spawn(upload_without_end(owner.clone()));
        sleep(Duration::from_millis(500 + dice.below(1500))).await;
        // Otherwise the sweep would have nothing to do.
        until("an upload is open", async || {
            (owner.usage().await["open_uploads"] != 0).then_some(())
        })
        .await;
        process.kill();
        if world.place.providers.storage.kind == "local" {
            let files = world.data.staging_files();
            assert!(!files.is_empty(), "the kill interrupted no upload");
        }

        endless.await.expect("the client's task");
        let (mut files, mut shared) = (Vec::new(), SharedPath::default());
        for writer in writers.join_all().await {
            files.extend(writer.files);
            shared.merge(&writer.shared);
        }
        Self {
            owner,
            files,
            shared,
        }
    }

    fn acknowledged(&self) -> usize {
        let own: usize = self.files.iter().map(|file| file.versions.len()).sum();
        own + self.shared.versions.len()
    }

    /// Waits until the service has ended the uploads that the kill interrupted.
    async fn expect_ended(&self, process: &ServiceProcess) {
        let owner = self.owner.at(process.base());
        until("every upload has ended", async || {
            (owner.usage().await["open_uploads"] == 0).then_some(())
        })
        .await;
    }

    async fn verify(&self, process: &ServiceProcess) {
        let owner = self.owner.at(process.base());
        expect_processed(&owner).await;
        join_all(self.files.iter().map(|file| file.verify(&owner))).await;
        self.shared.verify(&owner).await;
        self.expect_exact_usage(&owner).await;
    }

    /// Asserts that every file was uploaded by a client and that every byte is
    /// counted.
    async fn expect_exact_usage(&self, owner: &Actor) {
        let mut used = 0;
        for file in files(owner).await {
            let path = file["path"].as_str().expect("a path");
            let is_known = path == SharedPath::PATH || self.files.iter().any(|f| f.path == path);
            assert!(is_known, "not uploaded by a client: {file}");
            let versions = versions(owner, file["id"].as_str().expect("an id")).await;
            let sizes = versions.iter().map(|version| &version["size_bytes"]);
            used += sizes
                .map(|size| size.as_u64().expect("a size"))
                .sum::<u64>();
        }
        let usage = owner.usage().await;
        assert_eq!(usage["storage_used_bytes"], used, "{usage}");
        assert_eq!(usage["storage_reserved_bytes"], 0, "{usage}");
    }
}

/// Uploads until the connection breaks, to be in progress at the kill.
async fn upload_without_end(owner: Actor) {
    let pieces = stream::unfold((), |()| async {
        sleep(Duration::from_millis(2)).await;
        Some((Ok::<_, Infallible>(Bytes::from(vec![0; PIECE])), ()))
    });
    let body = Body::wrap_stream(pieces.take(PIECES));
    let request = owner
        .put_content(ENDLESS, (PIECE * PIECES) as u64)
        .body(body);
    let outcome = owner.try_send(request).await;
    assert!(outcome.is_err(), "the upload finished: {outcome:?}");
}

/// Waits until no version is pending.
async fn expect_processed(owner: &Actor) {
    until("every version is processed", async || {
        for file in files(owner).await {
            let versions = versions(owner, file["id"].as_str().expect("an id")).await;
            if versions
                .iter()
                .any(|version| version["status"] == "pending")
            {
                return None;
            }
        }
        Some(())
    })
    .await;
}
