//! Power cuts on the embedded providers (soak only): all that the device has
//! not received is lost. Files outside the volume keep all writes, so that no
//! other file's synchronization makes up for a missing one.

use std::{path::PathBuf, process::Stdio, time::Duration};

use tenantry_tests::harness::{Actor, ServiceProcess, command, record_count, until};
use tokio::time::sleep;

use crate::{
    company::Company,
    data_folder::DataFolder,
    leftovers::expect_swept,
    program::{PROGRAM, expect_clean, serve},
    tier::Tier,
    volume::Volume,
};

/// Short intervals, so that recovery is quick.
const SETTINGS: [(&str, &str); 5] = [
    ("TENANTRY_LIMITS__QUOTA_MB", "100000"),
    ("TENANTRY_WORKER__LEASE_SECONDS", "6"),
    ("TENANTRY_WORKER__SWEEP_INTERVAL_SECONDS", "1"),
    ("TENANTRY_WORKER__UPLOAD_HEARTBEAT_SECONDS", "2"),
    ("TENANTRY_WORKER__UPLOAD_GRACE_SECONDS", "6"),
];
/// The rounds of writing on each layout.
const ROUNDS: u64 = 3;

/// The part of the data that is on the volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    All,
    Database,
    Blobs,
    Secret,
}

impl Layout {
    const ALL: [Self; 4] = [Self::All, Self::Database, Self::Blobs, Self::Secret];
}

/// The data of a service, partly on a volume that loses its power.
struct World {
    volume: Volume,
    data: PathBuf,
    database: String,
    blobs: String,
    _elsewhere: DataFolder,
}

impl World {
    fn new(layout: Layout) -> Self {
        let (volume, elsewhere) = (Volume::new(), DataFolder::new());
        let place = |part: Layout, name: &str| {
            let is_on_volume = layout == Layout::All || layout == part;
            let root = if is_on_volume {
                volume.path()
            } else {
                elsewhere.path().to_owned()
            };
            let place = root.join(name);
            std::fs::create_dir(&place).expect("a folder");
            place
        };
        let database = place(Layout::Database, "database").join("tenantry.db");
        let world = Self {
            data: place(Layout::Secret, "data"),
            database: format!("sqlite://{}", database.display()),
            blobs: place(Layout::Blobs, "blobs").display().to_string(),
            volume,
            _elsewhere: elsewhere,
        };
        // The folders themselves exist before the service.
        std::fs::File::open(world.volume.path())
            .and_then(|root| root.sync_all())
            .expect("synchronized");
        world
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        let mut settings = SETTINGS.to_vec();
        settings.push(("TENANTRY_DATABASE__URL", &self.database));
        settings.push(("TENANTRY_STORAGE__ROOT", &self.blobs));
        settings
    }

    async fn serve(&self) -> ServiceProcess {
        serve(&self.data, &self.settings()).await
    }

    async fn expect_swept(&self, mut process: ServiceProcess) {
        process.terminate();
        until("the service has stopped", async || process.exit_status()).await;
        expect_clean(&self.data, &self.settings());
        expect_swept(&self.data, &self.settings()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_power_cuts() {
    if Tier::of_this_run() == Tier::Short {
        return;
    }
    let mut acknowledged = 0;
    for layout in [Layout::All, Layout::Database, Layout::Blobs] {
        let world = World::new(layout);
        let mut companies: Vec<Company> = Vec::new();
        let mut process = world.serve().await;
        for round in 0..ROUNDS {
            let owner = Actor::register(process.base(), &format!("round-{round}")).await;
            let company = Company::write_until_killed(owner, process, round).await;
            world.volume.cut_power();
            process = world.serve().await;
            company.expect_ended(&process).await;
            companies.push(company);
            for company in &mut companies {
                company.sign_in(&process).await;
                company.verify(&process).await;
            }
            world.expect_swept(process).await;
            world.volume.cut_power();
            process = world.serve().await;
        }
        acknowledged += companies.iter().map(Company::acknowledged).sum::<usize>();
        world.expect_swept(process).await;
        println!("{layout:?}: {ROUNDS} power cuts during writes");
    }
    println!("{acknowledged} acknowledged uploads");
    record_count(env!("CARGO_TARGET_TMPDIR"), "crash", 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_survives_a_power_cut() {
    if Tier::of_this_run() == Tier::Short {
        return;
    }
    for layout in Layout::ALL {
        // After the first acknowledgement.
        let world = World::new(layout);
        let process = world.serve().await;
        let owner = Actor::register(process.base(), "first").await;
        let file = owner.upload_ready("a.txt", "text/plain", "hello").await;
        process.kill();
        world.volume.cut_power();
        let process = world.serve().await;
        let owner = owner.at(process.base());
        // The session is as old as the secret.
        owner.get("/api/v1/auth/me").await.expect(200);
        let id = file["id"].as_str().expect("an id");
        let content = owner.get(&format!("/api/v1/files/{id}/content")).await;
        assert_eq!(content.expect(200).body, "hello".as_bytes(), "{layout:?}");
        process.kill();
        expect_clean(&world.data, &world.settings());

        // At any moment before.
        let world = World::new(layout);
        for milliseconds in [1, 5, 10, 20, 30, 50, 80, 120, 200, 400] {
            let mut process = command(PROGRAM, &world.data, &world.settings());
            let process = process.arg("serve").stdout(Stdio::null()).spawn();
            let mut process = process.expect("a process");
            sleep(Duration::from_millis(milliseconds)).await;
            process.kill().expect("killed");
            process.wait().expect("ended");
            world.volume.cut_power();
        }
        let process = world.serve().await;
        let owner = Actor::register(process.base(), "after").await;
        owner.upload_ready("a.txt", "text/plain", "hello").await;
        process.kill();
        expect_clean(&world.data, &world.settings());
    }
    record_count(env!("CARGO_TARGET_TMPDIR"), "crash", 1);
}
