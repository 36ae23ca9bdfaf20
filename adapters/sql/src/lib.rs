//! Metadata on SQL databases, through sea-orm: on `SQLite` and
//! `PostgreSQL`.
//!
//! [`SqlStore`] is the platform's store and the door to each tenant's. Reads
//! go through a pool of connections that cannot write; every write, units of
//! work and one-step methods alike, goes through one task (`writer`), which
//! commits in groups.
//!
//! | to find | look in |
//! |---|---|
//! | a port | the file of its name |
//! | the tables, as sea-orm sees them | `entity/`, one a file |
//! | how they came to be | `migration/`, one a file |
//! | domain to row and back | `convert/`, one kind of row a file |
//! | a change as statements, and why one is refused | `apply/` |
//! | the task that writes | `writer/` |
//! | what is different on each database | `dialect/` |
//!
//! # Adding a table
//!
//! 1. `entity/<row>.rs`: the columns. Ids are UUIDs, instants `i64`
//!    milliseconds, counts and sizes `i64`, hashes bytes, lists and maps JSON
//!    text, states their stable names. What is sorted, searched or unique
//!    without regard to case is a column of its own, folded by the domain.
//! 2. `migration/m<number>_<what>.rs`, at the end of the list in
//!    `migration/mod.rs`: the table, a unique index for every unique key and
//!    an index for every order and filter that is read often. A released
//!    migration is never changed.
//! 3. `convert/<row>.rs`: `Stored` for the entity of the domain, with the
//!    tenant's filter in `within`.
//! 4. `apply/`: one arm in `steps` and one in `refusal`, and the unique keys'
//!    columns in the dialect's `key_of`.
//! 5. The repository in a file with its port's name; one of a tenant begins
//!    every query at its `TenantScope`.

mod access_repository;
mod apply;
mod audit_log;
mod blob_repository;
mod convert;
mod dialect;
#[expect(
    unreachable_pub,
    reason = "sea-orm's derives make public items of the crate's own tables"
)]
mod entity;
mod epoch_repository;
mod error;
mod file_repository;
mod idempotency_repository;
mod identity_repository;
mod job_queue;
mod link;
mod membership_repository;
mod migration;
mod options;
mod platform_store;
mod quota_repository;
mod reader;
mod role_repository;
mod scope;
mod session_repository;
mod tenant_repository;
mod tenant_store;
#[cfg(test)]
mod testing;
mod upkeep_index;
mod version_repository;
mod writer;

pub use options::{PostgresOptions, SqlOptions, SqliteOptions};
pub use platform_store::SqlStore;
