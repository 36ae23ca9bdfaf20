//! Files: uploads, lists, updates, downloads, deletion.

mod changes;
mod form;
mod idempotency;
mod lists;
mod processing;
mod ranges;
mod raw;
mod serving;
mod sharing;
