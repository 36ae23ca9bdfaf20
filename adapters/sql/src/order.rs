//! Requests to the writer, and their results.

use sea_orm::{QueryResult, Statement};
use tenantry_application::{
    ports::{CommitError, PortError},
    work::UnitOfWork,
};
use tokio::sync::oneshot;

use crate::apply::Step;

/// The statements that apply a unit of work. The caller of a commit builds
/// them, because the writer is the bottleneck.
#[derive(Debug)]
pub(crate) enum PreparedUnit {
    /// Calls, one after the other.
    Calls(Vec<Statement>),
    /// Steps, one after the other, each with a check of its result.
    Steps(Vec<Step>),
}

/// A request to the writer. The receiver of the reply may be gone.
#[derive(Debug)]
pub(crate) enum Order {
    /// A unit of work.
    Unit {
        unit: UnitOfWork,
        prepared: PreparedUnit,
        reply: oneshot::Sender<Result<(), CommitError>>,
    },
    /// A single statement.
    Statement {
        statement: Statement,
        reply: oneshot::Sender<Result<Vec<QueryResult>, PortError>>,
    },
}

/// The result of an order, sent after the group is committed.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The result of a unit.
    Unit(Result<(), CommitError>),
    /// The result of a statement.
    Rows(Result<Vec<QueryResult>, PortError>),
}

impl Order {
    /// Returns the calls that apply a unit; empty for steps and statements.
    pub(crate) fn calls(&self) -> &[Statement] {
        match self {
            Self::Unit {
                prepared: PreparedUnit::Calls(calls),
                ..
            } => calls,
            _ => &[],
        }
    }

    /// Sends the result after the commit.
    pub(crate) fn complete(self, outcome: Outcome) {
        match (self, outcome) {
            (Self::Unit { reply, .. }, Outcome::Unit(result)) => drop(reply.send(result)),
            (Self::Statement { reply, .. }, Outcome::Rows(rows)) => drop(reply.send(rows)),
            // Each outcome is built from its order. Without a reply the order
            // fails like one whose writer has stopped.
            _ => {}
        }
    }

    /// Sends the error of the group.
    pub(crate) fn fail(self, error: PortError) {
        match self {
            Self::Unit { reply, .. } => drop(reply.send(Err(error.into()))),
            Self::Statement { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}
