//! What was done, by whom: recorded with every change, sealed into chains.

mod entry;
mod list;
mod seal;
mod verify;

pub(crate) use entry::Entry;
pub use list::{ListAudit, list};
pub(crate) use seal::seal_chain;
pub use seal::seal_chains;
pub use verify::{ChainReport, verify_chain};
