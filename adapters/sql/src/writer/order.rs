//! What the writer is asked for, and how it answers.

use sea_orm::{QueryResult, Statement};
use tenantry_application::{
    ports::{CommitError, PortError},
    work::UnitOfWork,
};
use tokio::sync::oneshot;

/// One thing to write. Nobody may be waiting for the answer any more.
#[derive(Debug)]
pub(super) enum Order {
    /// A unit of work.
    Unit {
        unit: UnitOfWork,
        /// What applies it, built by whoever asked: the writer has less time.
        calls: Vec<Statement>,
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
pub(super) enum Outcome {
    /// Of a unit.
    Unit(Result<(), CommitError>),
    /// Of a statement.
    Rows(Vec<QueryResult>),
}

impl Order {
    /// The calls that apply a unit; none for other orders.
    pub(super) fn calls(&self) -> &[Statement] {
        match self {
            Self::Unit { calls, .. } => calls,
            Self::Statement { .. } => &[],
        }
    }

    /// Answers after the commit.
    pub(super) fn answer(self, outcome: Outcome) {
        match (self, outcome) {
            (Self::Unit { reply, .. }, Outcome::Unit(result)) => drop(reply.send(result)),
            (Self::Statement { reply, .. }, Outcome::Rows(rows)) => drop(reply.send(Ok(rows))),
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
