//! What the writer is asked for, and how it answers.

use sea_orm::{QueryResult, Statement};
use tenantry_application::{
    ports::{CommitError, PortError},
    work::UnitOfWork,
};
use tokio::sync::oneshot;

use crate::dialect::Prepared;

/// One thing to write. Nobody may be waiting for the answer any more.
#[derive(Debug)]
pub(crate) enum Order {
    /// A unit of work.
    Unit {
        unit: UnitOfWork,
        prepared: Prepared,
        reply: oneshot::Sender<Result<(), CommitError>>,
    },
    /// A statement that is whole in itself.
    Statement {
        statement: Statement,
        reply: oneshot::Sender<Result<Vec<QueryResult>, PortError>>,
    },
}

/// How an order ended, to be told once the group is committed.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Of a unit.
    Unit(Result<(), CommitError>),
    /// Of a statement.
    Rows(Result<Vec<QueryResult>, PortError>),
}

impl Order {
    /// The calls that apply a unit; none where it takes steps, and for other
    /// orders.
    pub(crate) fn calls(&self) -> &[Statement] {
        match self {
            Self::Unit {
                prepared: Prepared::Calls(calls),
                ..
            } => calls,
            _ => &[],
        }
    }

    /// Answers after the commit.
    pub(super) fn answer(self, outcome: Outcome) {
        match (self, outcome) {
            (Self::Unit { reply, .. }, Outcome::Unit(result)) => drop(reply.send(result)),
            (Self::Statement { reply, .. }, Outcome::Rows(rows)) => drop(reply.send(rows)),
            // An outcome is made from its order; without an answer the order
            // fails as one whose writer is gone.
            _ => {}
        }
    }

    /// Answers that the group it was in failed.
    pub(super) fn fail(self, error: PortError) {
        match self {
            Self::Unit { reply, .. } => drop(reply.send(Err(error.into()))),
            Self::Statement { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}
