//! Every port's conformance suite, stamped on every adapter.

mod memory;
mod sqlite;
