//! What holds when things end badly: kills in the middle of uploads, damage
//! on disk, servers that fail, files larger than memory, stops, and starts that
//! cannot be.
//!
//! All of it on the program itself, as a process of its own. The tier is
//! chosen by `TENANTRY_TEST_TIER`: without it a run takes minutes, with `soak`
//! it takes longer and gates on time and memory too.

#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]
#![expect(
    clippy::print_stdout,
    reason = "what was measured is shown to whoever asks"
)]

mod damage;
mod data_folder;
mod faults;
mod kill;
mod large;
mod ledger;
mod leftovers;
mod mongodb;
mod program;
mod quota;
mod replicas;
mod sharing;
mod start;
mod stop;
mod tier;
mod writer;
