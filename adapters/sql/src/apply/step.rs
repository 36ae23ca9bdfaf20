//! A part of a unit of work.

use sea_orm::Statement;

/// A statement and the result it must have.
#[derive(Debug)]
pub(crate) enum Step {
    /// Must change exactly one row.
    ChangeOne(Statement),
    /// May change any number of rows; a unique key may refuse it.
    Change(Statement),
    /// A query that must find a row.
    Find(Statement),
}
