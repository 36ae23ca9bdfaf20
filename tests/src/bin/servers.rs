//! Every server that tests talk to, for a developer: `make services` starts
//! them, says how a service is put on each, and stops them when it is ended.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

use tenantry_tests::harness::{Cache, Database, Providers, Storage};
use tokio::signal::ctrl_c;

const EACH: [Providers; 4] = [
    Providers {
        database: Database::Postgres,
        storage: Storage::S3,
        cache: Cache::Redis,
    },
    Providers {
        database: Database::Mongodb,
        storage: Storage::Azure,
        cache: Cache::Redis,
    },
    Providers {
        storage: Storage::Webdav,
        ..Providers::EMBEDDED
    },
    Providers::EMBEDDED,
];

#[tokio::main]
async fn main() -> std::io::Result<()> {
    for providers in EACH {
        println!("# {providers}");
        for (key, value) in providers.place().await.settings() {
            println!("{key}='{value}'");
        }
        println!();
    }
    println!("# the servers run until this is ended (Ctrl-C)");
    ctrl_c().await
}
