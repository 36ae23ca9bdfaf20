//! Metadata on MongoDB and what speaks its protocol.
//!
//! [`MongoStore`] is the platform's store and the door to each tenant's. Only
//! what MongoDB and its work-alikes share is asked of a server: finding,
//! replacing and deleting documents by simple filters, and plain indexes.
//!
//! | to find | look in |
//! |---|---|
//! | a port | the file of its name |
//! | the documents, and the domain to them and back | `rows/`, one kind a file |
//! | collections, indexes, versions of the schema | `schema.rs` |
//! | what a unit of work needs to know, whether it is refused, and what is stored afterwards | `plan/` |
//! | how that becomes one step, with transactions and without | `commit/` |
//!
//! # Two ways to commit
//!
//! Where the server has transactions (a replica set, a sharded cluster), the
//! units of a tenant that wait together are one transaction, and several
//! processes may share the database.
//!
//! Where it has none, one process holds a lease, one task of it writes, and a
//! commit is a single document: the record of everything that changes, with
//! what is stored afterwards. Then the record is applied and removed; what a
//! crash leaves is applied at the next start. Readers may see a unit half
//! applied for a moment.
//!
//! # Adding a collection
//!
//! 1. `rows/<row>.rs`: the document and its translation. Ids are UUIDs,
//!    instants and counts `i64`, hashes binary, maps lists of pairs. What is
//!    sorted or searched without regard to case is a field of its own, folded
//!    by the domain. What is unique besides the id is a `Claim`.
//! 2. `Table` in `plan/cell.rs`, and the indexes of every order and filter
//!    that is read often in `schema.rs`, under the next version.
//! 3. The repository in a file with its port's name; one of a tenant begins
//!    every filter at its tenant.

mod access_repository;
mod audit_log;
mod blob_repository;
mod commit;
mod database;
mod epoch_repository;
mod error;
mod file_repository;
mod idempotency_repository;
mod identity_repository;
mod job_queue;
mod membership_repository;
mod options;
mod plan;
mod platform_store;
mod quota_repository;
mod role_repository;
mod rows;
mod schema;
mod session_repository;
mod tenant_repository;
mod tenant_store;
mod upkeep_index;
mod version_repository;

pub use options::MongoOptions;
pub use platform_store::MongoStore;
