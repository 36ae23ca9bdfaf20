//! Epochs: counters that are raised whenever the permissions of a user or
//! tenant change.

use async_trait::async_trait;
use tenantry_domain::{Timestamp, epoch::EpochSubject};

use super::PortError;

/// Reads epochs. Units of work raise them.
///
/// The store assigns a number to each raise. Raises are found by this number,
/// never by a clock: the clocks of two processes may differ.
#[async_trait]
pub trait EpochRepository: Send + Sync {
    /// Returns every epoch whose raise was committed after the response that
    /// contained the position `since`, however long that took, and the next
    /// position; without `since` only the position. May return an epoch again.
    ///
    /// The list is complete, however long: a missing epoch would leave revoked
    /// access in caches. A position below `since` means that the store lost
    /// commits, by a restored backup for example, and that the list may lack
    /// raises.
    async fn raised_since(&self, since: Option<EpochPosition>) -> Result<EpochChanges, PortError>;
}

/// A position in the raises of a store. Positions of different stores are
/// unrelated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EpochPosition(pub u64);

/// The raises since a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochChanges {
    /// The position from which to read next.
    pub position: EpochPosition,
    /// The raised epochs, one per subject.
    pub changes: Vec<EpochChange>,
}

/// An epoch and its last raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochChange {
    /// The subject.
    pub subject: EpochSubject,
    /// The current value.
    pub epoch: u64,
    /// The time at which it was last raised, by the clock of the process that
    /// raised it.
    pub changed_at: Timestamp,
    /// The number that the store assigned to the last raise; `None` before it
    /// is stored, and if an earlier version of this program raised it.
    pub ordinal: Option<u64>,
}
