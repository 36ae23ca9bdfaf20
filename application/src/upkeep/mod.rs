//! Maintenance: the access cache, sweeping and consistency checks.

mod access;
mod fsck;
mod orphans;
mod sweep;

pub use access::{AccessWatch, invalidate_access};
pub use fsck::{Finding, FsckReport, fsck};
pub use orphans::remove_orphans;
pub use sweep::{SweepReport, Sweeper};
