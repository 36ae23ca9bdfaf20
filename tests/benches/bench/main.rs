//! Benchmarks, compared with the simplest program for each task.
//!
//! ```text
//! cargo bench -p tenantry-tests --bench bench [-- SUBJECT…]
//! ```
//!
//! Each subject runs the service and its peer in turn on the same machine and
//! cores for several rounds and compares the medians: the ratio counts, not the
//! speed. A missing peer is reported with the command that installs it.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be made ends the run"
)]

mod commits;
mod contended;
mod footprint;
mod neighbours;
mod nginx;
mod object_store;
mod peer;
mod postgres;
mod raw_http;
mod requests;
mod table;
mod tools;
mod transfers;
mod world;

use table::Table;

/// The allocator of the command, for peers that run in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A measurement, which adds its lines to the table.
type Subject = fn(&mut Table);

const SUBJECTS: [(&str, Subject); 11] = [
    ("upload", transfers::upload),
    ("download", transfers::download),
    ("read", requests::read),
    ("health", requests::health),
    ("commits", commits::commits),
    ("postgres", postgres::postgres),
    ("mongodb", commits::mongodb),
    ("contended", contended::contended),
    ("neighbours", neighbours::neighbours),
    ("s3", object_store::s3),
    ("footprint", footprint::footprint),
];

fn main() {
    // cargo adds `--bench`.
    let arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let arguments: Vec<_> = arguments.collect();
    if let [mode, bytes] = arguments.as_slice()
        && mode == peer::MODE
    {
        return peer::serve(bytes.parse().expect("a number of bytes"));
    }
    let mut table = Table::default();
    for (name, subject) in SUBJECTS {
        if arguments.is_empty() || arguments.iter().any(|argument| argument == name) {
            println!("measuring {name} …");
            subject(&mut table);
        }
    }
    println!("\n{table}");
}
