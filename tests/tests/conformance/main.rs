//! Every port's conformance suite, stamped on every adapter.

mod local_disk;
mod memory;
mod memory_blobs;
mod postgres;
mod sqlite;
