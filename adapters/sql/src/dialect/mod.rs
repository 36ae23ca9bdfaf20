//! What differs from one database to another. Everything else in this crate
//! is the same for all of them.
//!
//! A dialect says how connections are opened, how the steps of a unit of work
//! are applied as one, what its errors mean, and how the few expressions are
//! written that SQL has no common form for.

use sea_orm::Statement;
use tenantry_application::ports::UniqueKey;

mod sqlite;

pub(crate) use sqlite::{
    BACKEND, apply, apply_together, begin, calls, contains, create, id_among, kind_of, open_reader,
    open_writer, prepare_to_close, shareable, statement,
};

/// A part of a unit of work, in the form a database takes.
#[derive(Debug)]
pub(crate) enum Step {
    /// Must change one row.
    ChangeOne(Statement),
    /// May change any number of rows; a unique key may refuse it.
    Change(Statement),
    /// A query that must find a row.
    Find(Statement),
}

/// How applying the steps of one unit ended.
#[derive(Debug)]
pub(crate) enum Applied {
    /// Every step was applied.
    Whole,
    /// Some step did not find what it must, or found a key taken: nothing of
    /// the unit is left, and what else is in the transaction is untouched.
    Refused(Option<UniqueKey>),
}
