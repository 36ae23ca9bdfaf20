//! Files: uploads, lists, updates, downloads, deletion.

mod changes;
mod content_types;
mod form;
mod http2;
mod idempotency;
mod lists;
mod processing;
mod ranges;
mod raw;
mod serving;
mod sharing;
