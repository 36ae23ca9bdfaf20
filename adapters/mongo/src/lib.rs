//! Metadata on MongoDB and servers that speak its protocol.
//!
//! [`MongoStore`] is the metadata store. It uses the subset that MongoDB and
//! compatible servers share: finding, replacing and deleting documents by simple
//! filters, and plain indexes. The documents, the repositories and the decision
//! on a unit of work are shared with the other stores and live in
//! `tenantry_store`.
//!
//! | to find | look in |
//! |---|---|
//! | collections, document ids, rows as documents | `collection.rs` |
//! | queries as filters | `filter.rs` |
//! | indexes, the schema version | `schema.rs` |
//! | units of work as changes of documents | `plan.rs` |
//! | commits, with transactions and without | `commit/` |
//!
//! # Two ways to commit
//!
//! On a server with transactions (a replica set, a sharded cluster) the waiting
//! units of a tenant are one transaction, and several processes may share the
//! database.
//!
//! On a server without, one process holds a lease, one of its tasks writes, and
//! a commit is a single document: a record with the after-image of everything
//! that changes. Then the record is applied and removed; the next start applies
//! a record that a crash left. Readers may briefly see a unit half applied.
//!
//! # Adding a collection
//!
//! `tenantry_store` says how a kind is declared. Here it needs the indexes of its
//! orders and frequent filters in `schema.rs`, under the next version.

mod access_repository;
mod backend;
mod collection;
mod commit;
mod database;
mod drift;
mod error;
mod filter;
mod find;
mod job_queue;
mod options;
mod plan;
mod platform_store;
mod schema;
mod upkeep_index;

pub use options::MongoOptions;
pub use platform_store::MongoStore;
