//! A clock and ids under a test's control. For tests and trials alone: a
//! service on them would stand still and hand out ids that repeat.

mod manual_clock;
mod sequential_ids;

pub use manual_clock::ManualClock;
pub use sequential_ids::SequentialIds;
