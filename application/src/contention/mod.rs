//! Contended rows: use cases that write the same row, or choose the same name,
//! at the same time.
//!
//! A use case that updates a row takes its turn in the row's lane, so that the
//! use cases of one process follow each other instead of refusing each other's
//! commits. Other processes are not in the lane: a commit that they make stale
//! is decided again, up to [`MAX_ROUNDS`] times.

mod lanes;
mod names;
mod rounds;

use std::fmt;

use lanes::Lanes;
pub(crate) use lanes::{Lane, Turn};
pub(crate) use names::NameHold;
use names::Names;
pub use rounds::{MAX_ROUNDS, Retried, RoundCounts};
pub(crate) use rounds::{Rounds, decide};

use crate::error::Result;

/// The lanes, the names being committed, and the counted rounds of one process.
#[derive(Default)]
pub struct Contention {
    lanes: Lanes,
    names: Names,
    counts: RoundCounts,
}

impl Contention {
    /// Returns the numbers of rounds that use cases took.
    pub const fn counts(&self) -> &RoundCounts {
        &self.counts
    }

    /// Holds a name until it is committed; `None` if another use case holds it.
    pub(crate) fn hold_name(&self, name: names::Name) -> Option<NameHold<'_>> {
        self.names.hold(name)
    }

    /// Waits for a turn in a lane; fails with [`Error::Busy`](crate::Error::Busy) if too many wait.
    pub(crate) async fn turn(&self, lane: Lane) -> Result<Turn<'_>> {
        self.lanes.enter(lane, false).await
    }

    /// Starts to count the rounds of a use case.
    pub(crate) fn rounds(&self, use_case: Retried) -> Rounds<'_> {
        Rounds::new(&self.lanes, &self.counts, use_case)
    }
}

impl fmt::Debug for Contention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contention")
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
