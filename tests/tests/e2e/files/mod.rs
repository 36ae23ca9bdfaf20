//! Files: brought in, listed, changed, served and deleted.

mod changes;
mod form;
mod idempotency;
mod lists;
mod processing;
mod raw;
mod serving;
mod sharing;
