//! The audit log: entries are recorded with every change and sealed into hash
//! chains.

mod entry;
mod list;
mod seal;
mod verify;

pub(crate) use entry::Entry;
pub use list::{ListAudit, list};
pub(crate) use seal::seal_chain;
pub use seal::seal_chains;
pub use verify::{ChainReport, verify_chain};
