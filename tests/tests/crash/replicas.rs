//! Two serving processes and a worker on PostgreSQL, `MinIO` and Redis, killed in
//! turn while clients write to both.

use std::{
    process::{Child, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};
use tenantry_tests::harness::{Actor, Dice, Place, Providers, ServiceProcess, command, until};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    data_folder::DataFolder,
    ledger::{KnownFile, SharedPath, files, versions},
    program::{PROGRAM, expect_clean, serve},
    tier::Tier,
    writer::Writer,
};

/// The number of clients of each serving process.
const WRITERS: u64 = 3;

const PROVIDERS: &str = "postgres+s3+redis";

/// Short intervals, so that recovery is quick.
const SETTINGS: [(&str, &str); 7] = [
    ("TENANTRY_LIMITS__QUOTA_MB", "100000"),
    ("TENANTRY_WORKER__INLINE", "false"),
    ("TENANTRY_WORKER__LEASE_SECONDS", "6"),
    ("TENANTRY_WORKER__SWEEP_INTERVAL_SECONDS", "1"),
    ("TENANTRY_WORKER__UPLOAD_HEARTBEAT_SECONDS", "2"),
    ("TENANTRY_WORKER__UPLOAD_GRACE_SECONDS", "6"),
    (
        "TENANTRY_SECURITY__SECRET",
        "one secret that all the processes of a test have",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_uploads_survive_the_kill_of_any_process() {
    let rounds = Tier::of_this_run().pick(3, 15);
    let mut fleet = Fleet::start().await;
    let mut acknowledged = 0;
    for round in 0..rounds {
        let one = fleet.serving[0].base();
        let owner = Actor::register(one, &format!("round-{round}")).await;
        let enough = Arc::new(AtomicBool::new(false));
        let mut writers = JoinSet::new();
        for (place, process) in fleet.serving.iter().enumerate() {
            let owner = owner.at(process.base());
            for number in 0..WRITERS {
                let seed = (round * 2 + place) as u64 * WRITERS + number;
                let writer = Writer::new(&owner, 1000 + seed);
                writers.spawn(writer.write_until(Arc::clone(&enough)));
            }
        }
        let mut dice = Dice::new(round as u64);
        sleep(Duration::from_millis(500 + dice.below(1000))).await;
        fleet.kill_and_replace(round % 3).await;
        sleep(Duration::from_millis(500)).await;
        enough.store(true, Relaxed);

        let (mut known, mut shared) = (Vec::new(), SharedPath::default());
        for writer in writers.join_all().await {
            known.extend(writer.files);
            shared.merge(&writer.shared);
        }
        acknowledged += known
            .iter()
            .map(|file: &KnownFile| file.versions.len())
            .sum::<usize>();
        fleet.expect_done().await;
        for process in &fleet.serving {
            let owner = owner.at(process.base());
            join_all(known.iter().map(|file| file.verify(&owner))).await;
            shared.verify(&owner).await;
        }
        fleet
            .expect_validated_once(&owner.at(fleet.serving[0].base()))
            .await;
        expect_clean(fleet.data[0].path(), &fleet.settings());
    }
    assert!(acknowledged >= rounds * 5, "only {acknowledged} uploads");
    println!("{rounds} kills of one of three processes, {acknowledged} acknowledged uploads");
}

/// The processes, each with its data folder.
struct Fleet {
    place: Place,
    data: [DataFolder; 3],
    serving: Vec<ServiceProcess>,
    working: Child,
}

impl Fleet {
    async fn start() -> Self {
        let place = Providers::named(PROVIDERS).place().await;
        let data = [DataFolder::new(), DataFolder::new(), DataFolder::new()];
        let settings = [place.settings(), SETTINGS.to_vec()].concat();
        let mut serving = Vec::new();
        for data in &data[..2] {
            serving.push(serve(data.path(), &settings).await);
        }
        let working = work(&data[2], &settings);
        Self {
            place,
            data,
            serving,
            working,
        }
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        [self.place.settings(), SETTINGS.to_vec()].concat()
    }

    /// Kills a process and starts another in its place.
    async fn kill_and_replace(&mut self, number: usize) {
        if number < self.serving.len() {
            self.serving.remove(number).kill();
            let process = serve(self.data[number].path(), &self.settings()).await;
            self.serving.insert(number, process);
        } else {
            self.working.kill().expect("a kill");
            self.working.wait().expect("its end");
            self.working = work(&self.data[2], &self.settings());
        }
    }

    /// Waits until no job and no upload is open, and asserts that every job
    /// succeeded.
    async fn expect_done(&self) {
        until("every job is done", async || {
            let waiting = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')";
            let open = "SELECT count(*) FROM blobs WHERE state <> 'stored'";
            (self.number(waiting).await + self.number(open).await == 0).then_some(())
        })
        .await;
        let lost = "SELECT count(*) FROM jobs WHERE state <> 'succeeded'";
        assert_eq!(self.number(lost).await, 0, "a job has failed");
    }

    /// Asserts that each version was validated once.
    async fn expect_validated_once(&self, owner: &Actor) {
        let mut shown = 0;
        for file in files(owner).await {
            let id = file["id"].as_str().expect("an id");
            shown += versions(owner, id).await.len();
        }
        assert!(shown > 0, "the file has no version");
        let twice = "SELECT count(*) FROM (SELECT 1 FROM audit_entries \
                     WHERE action = 'file.process' \
                     GROUP BY chain_id, subject_id, detail HAVING count(*) > 1) AS twice";
        assert_eq!(self.number(twice).await, 0, "a version was validated twice");
    }

    async fn number(&self, query: &'static str) -> i64 {
        let url = self.place.setting("TENANTRY_DATABASE__URL");
        let mut database = PgConnection::connect(url).await.expect("connected");
        let number = sqlx::query_scalar(query).fetch_one(&mut database).await;
        database.close().await.expect("closed");
        number.expect("a number")
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // Fails if the process has ended already.
        let _ = self.working.kill();
        let _ = self.working.wait();
    }
}

fn work(data: &DataFolder, settings: &[(&str, &str)]) -> Child {
    let mut worker = command(PROGRAM, data.path(), settings);
    let worker = worker.arg("worker").stdout(Stdio::null());
    worker.spawn().expect("a worker")
}
