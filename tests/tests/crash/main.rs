//! Failures: kills during uploads, damage on disk, server outages, files larger
//! than memory, stops, failed starts.
//!
//! All tests run the program as a separate process. `TENANTRY_TEST_TIER` selects
//! the tier: by default a run takes minutes; `soak` takes longer and also checks
//! time and memory.

#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]
#![expect(clippy::print_stdout, reason = "measurements are printed")]

mod audit_heads;
mod broken_requests;
mod company;
mod damage;
mod data_folder;
mod fairness;
mod faults;
mod full_disk;
mod kill;
mod large;
mod leases;
mod ledger;
mod leftovers;
mod mongodb;
mod overload;
mod permissions;
mod power_cut;
mod program;
mod quota;
mod replicas;
mod retry;
mod schemathesis;
mod sharing;
mod slow_readers;
mod start;
mod stop;
mod tier;
mod volume;
mod writer;
