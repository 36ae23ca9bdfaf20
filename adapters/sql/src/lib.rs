//! Metadata on SQL databases, through sea-orm: on `SQLite` and `PostgreSQL`.
//!
//! [`SqlStore`] is the metadata store. Reads use a pool of connections; every
//! write goes through the writer, which commits in groups. The tables, the
//! repositories and the decision on a unit of work are shared with the other
//! stores and live in `tenantry_store`.
//!
//! | to find | look in |
//! |---|---|
//! | the tables | `adapters/store/src/rows/`; their migrations in `migration/`, compared in `drift.rs` |
//! | queries as SQL | `backend.rs`, `condition.rs` |
//! | a unit of work as statements, and the reason for a refusal | `apply/` |
//! | the writer | `writer/`, `order.rs`, `group_writer.rs` |
//! | the differences between the databases | `dialect.rs`, `sqlite/`, `postgres/`, `error/` |
//!
//! # Adding a table
//!
//! `tenantry_store` says how a kind is declared. Here it needs a migration,
//! `migration/m<number>_<name>.rs`, at the end of the list in
//! `migration/mod.rs`: the table, a unique index for every unique key and an
//! index for every order. A released migration never changes.

mod access_repository;
mod apply;
mod backend;
mod condition;
mod database;
mod dialect;
mod drift;
mod epochs;
mod error;
mod group_writer;
mod job_queue;
mod link;
mod migration;
mod options;
mod order;
mod platform_store;
mod postgres;
mod reader;
mod sqlite;
#[cfg(test)]
mod testing;
mod upkeep_index;
mod usage;
mod writer;

pub use options::{PostgresOptions, SqlOptions, SqliteOptions};
pub use platform_store::SqlStore;
