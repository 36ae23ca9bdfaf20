//! The footprint of the program.

use std::{fs, thread::sleep, time::Duration};

use tokio::time::Instant;

use crate::{
    table::{Rate, Table},
    world::{World, program},
};

const ROUNDS: usize = 5;
const MIB: u32 = 1024 * 1024;
/// The time after which the memory of the last login is free.
const REST: Duration = Duration::from_secs(12);

/// Measures start, memory when idle, and size.
pub(crate) fn footprint(table: &mut Table) {
    let mut world = World::within(&std::env::temp_dir());
    let mut start = Rate::of("ms");
    for _ in 0..ROUNDS {
        let started = Instant::now();
        world = world.restart();
        start.add(started.elapsed().as_secs_f64() * 1000.0);
    }
    table.at_most("start on an existing database", &start, 30.0);

    let file = world.owner.at(world.process.base());
    let file = file.upload_ready("a.txt", "text/plain", "hello");
    // The token of the first start is still valid.
    world.runtime.block_on(file);
    sleep(REST);
    let mut idle = Rate::of("MiB");
    idle.add(mib(world.process.resident_bytes()));
    table.at_most("memory when idle", &idle, 20.0);

    let mut size = Rate::of("MiB");
    size.add(mib(fs::metadata(program()).expect("a program").len()));
    table.at_most("binary, stripped", &size, 25.0);
}

fn mib(bytes: u64) -> f64 {
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from) / f64::from(MIB)
}
