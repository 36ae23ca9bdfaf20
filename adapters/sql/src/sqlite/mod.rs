//! `SQLite`.
//!
//! One connection writes and several read. The file is in WAL mode, so that
//! readers never wait for the writer; `synchronous = FULL` makes acknowledged
//! commits survive a power loss, at a cost that group commit shares. There is
//! no automatic vacuum: free pages are reused, and returning them would cost
//! every write. No statistics are gathered either, so that queries use the
//! indexes that the tests verified.

use sea_orm::DbBackend;

mod connect;
mod group_writer;
mod processes;
mod unit;

pub(crate) use connect::{create, open_reader, open_writer};
pub(crate) use group_writer::GroupWriter;
pub(crate) use processes::Processes;
pub(crate) use unit::calls;

/// The backend for building statements.
const BACKEND: DbBackend = DbBackend::Sqlite;
