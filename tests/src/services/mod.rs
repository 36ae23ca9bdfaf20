//! The real servers that tests talk to: given by a URL, or started here on a
//! free loopback port with a folder of their own, and stopped with the tests.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that has no server fails"
)]

mod azurite;
mod child;
mod minio;
mod mongodb;
mod postgres;
mod proxy;
mod redis;
mod webdav;

pub use self::{
    azurite::Azurite,
    minio::Minio,
    mongodb::{Front, Message, Mongodb, Peer, ReplicaSet, Verdict},
    postgres::Postgres,
    proxy::{Fault, FaultProxy},
    redis::{FreezeGuard, Redis, RedisPlace},
    webdav::Webdav,
};

use std::{env, net::TcpListener, path::PathBuf, time::Duration};

use tokio::time::timeout;

use self::child::Server;
use crate::wait::until;

/// A port that nobody has.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// What whoever runs the tests says in the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says so in the environment"
)]
pub(crate) fn given(variable: &str) -> Option<String> {
    std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty())
}

/// Where `tests/scripts/services` keeps the programs that it builds.
fn programs_folder() -> PathBuf {
    let named = given("TENANTRY_TEST_PROGRAMS").map(PathBuf::from);
    let cache = || given("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || given("HOME").map(|home| PathBuf::from(home).join(".cache"));
    named.unwrap_or_else(|| {
        let cache = cache().or_else(home).unwrap_or_else(std::env::temp_dir);
        cache.join("tenantry-tests")
    })
}

/// A program on the path, else the built one of a name in the folder of
/// programs.
fn program(name: &str, built: &str) -> Option<PathBuf> {
    let path = given("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join(name));
    let mut places = on_path.chain([programs_folder().join(built)]);
    places.find(|place| place.is_file())
}

/// Waits until something answers at an address, whatever it says.
async fn answers(url: &str, server: &Server) {
    let client = reqwest::Client::new();
    let answered = until(url, async || client.get(url).send().await.ok());
    let answered = timeout(Duration::from_mins(1), answered).await;
    assert!(answered.is_ok(), "{url} does not answer: {}", server.log());
}

/// The values of a section as environment variables of the service.
fn variables(section: &str, values: &[(&str, &str)]) -> Vec<(String, String)> {
    let variable = |(key, value): &(&str, &str)| {
        let name = format!("TENANTRY_{section}__{key}");
        (name, (*value).to_owned())
    };
    values.iter().map(variable).collect()
}
