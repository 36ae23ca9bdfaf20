//! The delay of one tenant's reads beside a busy tenant of the same service,
//! compared with the delay beside the same load on another process.

use std::{
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
};

use tenantry_tests::harness::Actor;
use tokio::time::Instant;

use crate::{
    table::{Rate, Table},
    tools::is_installed,
    world::World,
};

const ROUNDS: usize = 5;
const READS: usize = 1000;
/// The concurrent requests of the busy tenant.
const BUSY: &str = "200";
const AIM: f64 = 2.0;

/// Measures the reads of a neighbour.
pub(crate) fn neighbours(table: &mut Table) {
    let subject = format!("p99 of a read beside a tenant with {BUSY} requests in flight");
    if !is_installed("wrk") {
        return table.not_run(&subject, "wrk is missing (apt-get install wrk)");
    }
    let (world, other) = (World::with(&[]), World::with(&[]));
    let client = reqwest::Client::builder().local_address(Some(Ipv4Addr::new(127, 0, 0, 2).into()));
    let neighbour = Actor::register(world.process.base(), "globex");
    let neighbour = world.runtime.block_on(neighbour);
    let neighbour = neighbour.with_client(client.build().expect("a client"));
    let (mut beside, mut apart) = (Rate::of("ms"), Rate::of("ms"));
    for _ in 0..ROUNDS {
        apart.add(slow_read(&world, &neighbour, &other));
        beside.add(slow_read(&world, &neighbour, &world));
    }
    table.compare_at_most(&subject, (beside, apart), "beside another process", AIM);
}

/// Returns the 99th percentile of the neighbour's reads, in milliseconds, while
/// the owner of `busy` sends as many requests as it can.
fn slow_read(world: &World, neighbour: &Actor, busy: &World) -> f64 {
    let _load = Load::on(busy);
    world.runtime.block_on(async {
        let mut times = Vec::with_capacity(READS);
        for _ in 0..READS {
            let started = Instant::now();
            neighbour.get("/api/v1/files").await.expect(200);
            times.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        times.get(READS * 99 / 100).copied().expect("a time")
    })
}

/// A tenant that sends requests until it is dropped.
struct Load(Child);

impl Load {
    fn on(world: &World) -> Self {
        let load = Command::new("wrk")
            .args(["--threads", "1", "--connections", BUSY, "--duration", "5m"])
            .args([
                "--header",
                &format!("Authorization: Bearer {}", world.token()),
            ])
            .arg(format!("{}/api/v1/files", world.process.base()))
            .stdout(Stdio::null())
            .spawn();
        Self(load.expect("a process"))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.kill().expect("a kill");
        self.0.wait().expect("its end");
    }
}
