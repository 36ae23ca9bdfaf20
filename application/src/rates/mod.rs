//! The counting of attempts and failures, as every rate limiter does it.
//!
//! A state is a few numbers per key and decides by the current time alone, so
//! that it can be stored anywhere. Times are microseconds of the clock that the
//! limiter uses.

mod bucket;
mod failures;
mod table;

pub use bucket::Bucket;
pub use failures::Failures;
pub use table::{Counter, CounterTable};
