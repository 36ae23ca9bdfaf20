//! `SQLite`.
//!
//! There is one connection that writes and several that read. The file is in
//! WAL mode, so that readers never wait for the writer; `synchronous = FULL`
//! makes an acknowledged commit survive the loss of power; the cost of that is
//! shared by committing in groups. Nothing vacuums by itself: free pages are
//! used again, and giving them back would cost every write. Nothing gathers
//! statistics either, so that queries take the indexes that the tests saw them
//! take, whatever lies in the tables.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
    sea_query::{Expr, IntoColumnRef},
};
use uuid::Uuid;

mod connect;
mod errors;
mod unit;

pub(crate) use connect::{create, open_reader, open_writer};
pub(crate) use errors::kind_of;
pub(crate) use unit::{apply, apply_together, calls, shareable};

/// For building statements.
pub(crate) const BACKEND: DbBackend = DbBackend::Sqlite;

/// Begins a transaction that may write at once, so that it never has to give
/// way half way.
pub(crate) async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    db.begin_with_options(options).await
}

/// Brings the journal into the file, so that a copy of the file alone is whole.
pub(crate) async fn prepare_to_close(db: &DatabaseConnection) -> Result<(), DbErr> {
    db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
        .await
        .map(|_| ())
}

/// A statement written by hand, with `?` for each value.
pub(crate) fn statement(sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(BACKEND, sql, values)
}

/// Whether a text column contains a text, byte for byte.
pub(crate) fn contains(column: impl IntoColumnRef, text: &str) -> Expr {
    Expr::cust_with_exprs(
        "instr(?, ?) > 0",
        [Expr::col(column), Expr::val(text.to_owned())],
    )
}

/// Whether an id column holds one of some ids. They are one value, so that the
/// text of the statement is always the same and stays prepared.
pub(crate) fn id_among(column: impl IntoColumnRef, ids: impl Iterator<Item = Uuid>) -> Expr {
    let ids: Vec<String> = ids.map(|id| id.simple().to_string()).collect();
    let json = serde_json::Value::from(ids).to_string();
    Expr::cust_with_exprs(
        "? IN (SELECT unhex(value) FROM json_each(?))",
        [Expr::col(column), Expr::val(json)],
    )
}
