//! Maintenance: the access cache, sweeping and consistency checks.

mod access;
mod findings;
mod fsck;
mod orphans;
mod sweep;

pub use access::{AccessWatch, invalidate_access};
pub use findings::{Finding, FsckReport};
pub use fsck::fsck;
pub use orphans::remove_orphans;
pub use sweep::{SweepReport, Sweeper};
