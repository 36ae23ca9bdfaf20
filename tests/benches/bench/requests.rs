//! Small requests, compared with the bare HTTP library.

use crate::{
    peer::Peer,
    table::{Rate, Table},
    tools::{is_installed, on_core, output_of},
    world::World,
};

const ROUNDS: usize = 5;
const UNIT: &str = "requests/s";
const INSTALL: &str = "wrk is missing (apt-get install wrk)";

/// Measures an authenticated read: token, tenant, permission, one row.
pub(crate) fn read(table: &mut Table) {
    let subject = "one authenticated read, one core";
    if !is_installed("wrk") {
        return table.not_run(subject, INSTALL);
    }
    let world = World::on_one_core();
    let file = world.owner.upload_ready("a.txt", "text/plain", "hello");
    let file = world.runtime.block_on(file);
    let path = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
    compare(table, subject, &world, &path, 0.20);
}

/// Measures health checks through the whole stack.
pub(crate) fn health(table: &mut Table) {
    let subject = "health, one core";
    if !is_installed("wrk") {
        return table.not_run(subject, INSTALL);
    }
    compare(table, subject, &World::on_one_core(), "/health", 0.90);
}

fn compare(table: &mut Table, subject: &str, world: &World, path: &str, aim: f64) {
    let answer = world.runtime.block_on(world.owner.get(path)).expect(200);
    let peer = Peer::start(answer.body.len());
    let (mut ours, mut poem) = (Rate::of(UNIT), Rate::of(UNIT));
    for _ in 0..ROUNDS {
        poem.add(requests_per_second(&peer.address, path, world.token()));
        ours.add(requests_per_second(&world.address(), path, world.token()));
    }
    table.compare(subject, (ours, poem), "plain poem", Some(aim));
}

fn requests_per_second(address: &str, path: &str, token: &str) -> f64 {
    let mut command = on_core(1, "wrk".as_ref());
    command
        .args(["--threads", "1", "--connections", "32", "--duration", "3s"])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .arg(format!("http://{address}{path}"));
    let stdout = output_of(&mut command);
    assert!(!stdout.contains("Non-2xx"), "{stdout}");
    let line = stdout
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    line.and_then(|rate| rate.trim().parse().ok())
        .expect("a rate")
}
