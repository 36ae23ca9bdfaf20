//! `kill -9` during uploads, on the providers of this run.

use std::time::Duration;

use tenantry_tests::harness::{
    Actor, Place, Providers, ServiceProcess, Settings, command, record_count, until,
};
use tokio::time::sleep;

use crate::{
    company::Company,
    data_folder::DataFolder,
    leftovers::expect_swept,
    program::{PROGRAM, expect_clean, serve},
    tier::Tier,
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_upload_survives_a_kill() {
    let rounds = Tier::of_this_run().pick(5, 50);
    let world = World::new().await;
    let mut companies: Vec<Company> = Vec::new();
    let mut process = world.serve().await;
    for round in 0..rounds {
        let owner = Actor::register(process.base(), &format!("round-{round}")).await;
        let company = Company::write_until_killed(owner, process, round as u64).await;
        if world.place.providers.storage.kind == "local" {
            let files = world.data.staging_files();
            assert!(!files.is_empty(), "the kill interrupted no upload");
        }
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
        company.sign_in(&process).await;
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
