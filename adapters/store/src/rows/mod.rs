//! The stored form of each kind: one file a table, with the row as a sea-orm
//! entity that is also a BSON document, and the conversion from and to the
//! domain.
//!
//! Ids are UUIDs, instants `i64` milliseconds, counts and sizes `i64`, hashes
//! bytes, enumerations their stable names. Values that are sorted, searched or
//! compared regardless of case have a separate column, folded by the domain.
//! Relations are not declared: units of work keep rows consistent on every
//! store alike.

pub mod audit_chain;
pub mod audit_entry;
pub mod blob;
mod columns;
pub mod epoch;
pub mod file;
mod id;
pub mod idempotency_record;
pub mod identity;
pub mod job;
pub mod membership;
pub mod project;
pub mod quota;
mod reading;
pub mod role;
pub mod session;
pub mod tenant;
pub mod version;

pub use columns::{Ids, Pair, Pairs, Scalar};
pub use reading::{Reading, integer};
