//! The tables, one a file.
//!
//! Relations are not declared: units of work keep rows together on every
//! store alike, and what is read together is joined by hand.

pub mod audit_chain;
pub mod audit_entry;
pub mod blob;
pub mod epoch;
pub mod file;
pub mod idempotency;
pub mod identity;
pub mod job;
pub mod membership;
pub mod quota;
pub mod role;
pub mod session;
pub mod tenant;
pub mod version;
