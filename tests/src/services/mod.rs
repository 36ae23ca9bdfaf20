//! The real servers of the tests: given by a URL, or started on a free loopback
//! port with a temporary directory, and stopped with the tests.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that has no server fails"
)]

mod azurite;
mod bucket;
mod child;
mod chromium;
pub mod cleanup;
mod minio;
mod mongodb;
mod pgbouncer;
mod postgres;
mod proxy;
mod redis;
mod schemathesis;
mod test_server;
mod webdav;

pub use self::{
    azurite::Azurite,
    chromium::Chromium,
    minio::Minio,
    mongodb::{Front, Message, Mongodb, Peer, ReplicaSet, Verdict},
    pgbouncer::Pgbouncer,
    postgres::Postgres,
    proxy::{Fault, FaultProxy},
    redis::{FreezeGuard, Redis, RedisPlace},
    schemathesis::schemathesis,
    test_server::{Namespace, TestServer},
    webdav::Webdav,
};

use std::{env, net::TcpListener, path::PathBuf, time::Duration};

use tokio::time::timeout;

use self::child::Server;
use crate::wait::until;

/// Returns a free port.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Returns a variable that configures the tests, unless it is empty.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment configures the tests"
)]
pub(crate) fn given(variable: &str) -> Option<String> {
    std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty())
}

/// Returns the directory where `tests/scripts/services` installs programs.
fn programs_folder() -> PathBuf {
    let named = given("TENANTRY_TEST_PROGRAMS").map(PathBuf::from);
    let cache = || given("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || given("HOME").map(|home| PathBuf::from(home).join(".cache"));
    named.unwrap_or_else(|| {
        let cache = cache().or_else(home).unwrap_or_else(std::env::temp_dir);
        cache.join("tenantry-tests")
    })
}

/// Returns the program `name` on the path, or `built` in the directory of
/// programs.
fn program(name: &str, built: &str) -> Option<PathBuf> {
    let path = given("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join(name));
    let mut places = on_path.chain([programs_folder().join(built)]);
    places.find(|place| place.is_file())
}

/// Waits until a server responds to requests of `url`.
async fn wait_until_ready(url: &str, server: &Server) {
    let client = reqwest::Client::new();
    let response = until(url, async || client.get(url).send().await.ok());
    let response = timeout(Duration::from_mins(1), response).await;
    assert!(response.is_ok(), "{url} does not respond: {}", server.log());
}

/// Returns the values of a section as environment variables of the service.
fn variables(section: &str, values: &[(&str, &str)]) -> Vec<(String, String)> {
    let variable = |(key, value): &(&str, &str)| {
        let name = format!("TENANTRY_{section}__{key}");
        (name, (*value).to_owned())
    };
    values.iter().map(variable).collect()
}
