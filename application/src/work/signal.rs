//! The signals of a committed unit.

use tenantry_domain::epoch::EpochSubject;

/// A committed change that others may want to react to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// A job was enqueued.
    JobsAdded,
    /// The permissions of a user or of a tenant's users changed.
    EpochRaised(EpochSubject),
}
