//! Code shared by the metadata stores.
//!
//! | to find | look in |
//! |---|---|
//! | the stored form of a kind | `rows/`, one table a file |
//! | the declaration of a kind: table, owner, unique keys, orders | `stored.rs`; as data in `schema.rs` |
//! | the decision on a unit of work, and its effect | `state/` |
//! | queries that every store answers | `query.rs` |
//! | the repositories that are the same on every store | `repositories/` |
//! | the queue of commits | `commit_queue.rs` |
//!
//! # Adding a kind
//!
//! 1. A line in `application/src/work/kind.rs`.
//! 2. `rows/<row>.rs`: the row as a sea-orm entity, and [`Stored`] for the
//!    entity of the domain.
//! 3. A line in `tables.rs`, which yields its table and its arm of `with_stored!`.
//! 4. The table in a migration of `sql`, the indexes in `mongo`'s schema. A test
//!    compares both with the declaration.
//! 5. The repository in `repositories/`, written once for every store.
//!
//! # Adding a store
//!
//! A store implements reads ([`RowReader`]), writes the rows that a unit of
//! work touched (see [`State`]), and makes a group of units one commit (see
//! [`CommitQueue`]). The repositories follow.

#[macro_use]
mod tables;

mod backend;
mod commit_queue;
mod key;
mod platform_rows;
mod query;
pub mod records;
mod repositories;
#[expect(
    missing_docs,
    reason = "columns mirror the fields of the domain's types"
)]
pub mod rows;
pub mod schema;
mod sorted_list;
mod state;
mod stored;
mod tenant_rows;

pub use backend::{Backend, Expiring, RowReader};
pub use commit_queue::{CommitQueue, Lane, QueueGuard};
pub use key::Key;
pub use platform_rows::PlatformRows;
pub use query::{Condition, Direction, Query, successor};
pub use repositories::{epochs_in_order, no_quota};
pub use state::{Lookups, State, Touched, lookups};
pub use stored::{
    Claim, Column, Row, Scope, Stored, StoredEntity, Unique, claims, is_same, is_single_key,
    key_columns, key_values, table_name,
};
pub use tables::types;
pub use tenant_rows::TenantRows;
