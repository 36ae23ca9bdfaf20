//! A clock and ids controlled by tests. In a service, time would stand still
//! and ids would repeat after a restart.

mod manual_clock;
mod sequential_ids;

pub use manual_clock::ManualClock;
pub use sequential_ids::SequentialIds;
