//! The audit log: entries are recorded with every change and sealed into hash
//! chains.

mod accept;
mod chain;
mod entry;
mod heads;
mod list;
mod seal;
mod verify;

pub use accept::accept_untagged;
pub(crate) use entry::Entry;
pub use heads::{HeadMismatch, HeadPublisher, audit_heads, check_head};
pub use list::{ListAudit, list};
pub use seal::ChainSealer;
pub(crate) use seal::seal_chain;
pub use verify::{ChainReport, verify_chain};
