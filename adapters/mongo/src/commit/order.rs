//! Requests to the writer, and their results.

use std::{collections::VecDeque, time::Duration};

use tenantry_application::{
    ports::{CommitError, PortError, PortErrorKind, Usage},
    work::{Kind, UnitOfWork},
};
use tenantry_domain::{
    Timestamp,
    id::{JobId, TenantId},
    job::Job,
};
use tokio::sync::oneshot;

/// A request to the writer. The receiver of the reply may be gone.
#[derive(Debug)]
pub(crate) enum Order {
    /// Applies a unit of work, together with others.
    Unit {
        unit: UnitOfWork,
        reply: ReplySender<(), CommitError>,
    },
    /// Runs a command.
    Command {
        command: Command,
        reply: ReplySender<Reply, PortError>,
    },
}

/// The sender of a result.
pub(crate) type ReplySender<T, E> = oneshot::Sender<Result<T, E>>;

/// An operation that reads documents before it writes, alone.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Claims the first due job.
    Claim {
        worker: String,
        now: Timestamp,
        lease: Duration,
    },
    /// Extends the lease of a job.
    Extend {
        id: JobId,
        attempt: u32,
        until: Timestamp,
    },
    /// Removes expired rows.
    Purge {
        kind: Kind,
        /// The field of the expiry.
        expiry: &'static str,
        before: Timestamp,
        limit: u32,
    },
    /// Sums up the usage of a tenant, while nothing changes.
    Usage { tenant: TenantId },
}

/// The result of a command.
#[derive(Debug)]
pub(crate) enum Reply {
    Job(Option<Box<Job>>),
    Done(bool),
    Count(u64),
    Usage(Box<Usage>),
}

/// A queued unit with the sender of its result.
pub(super) type QueuedUnit = (UnitOfWork, ReplySender<(), CommitError>);

/// A queued command with the sender of its result.
pub(super) type QueuedCommand = (Command, ReplySender<Reply, PortError>);

/// Separates units, which are applied together, from commands, each of which
/// runs alone.
pub(super) fn separate(orders: Vec<Order>) -> (VecDeque<QueuedUnit>, Vec<QueuedCommand>) {
    let (mut units, mut commands) = (VecDeque::new(), Vec::new());
    for order in orders {
        match order {
            Order::Unit { unit, reply } => units.push_back((unit, reply)),
            Order::Command { command, reply } => commands.push((command, reply)),
        }
    }
    (units, commands)
}

/// Sends the results of the first units, or the error to all.
pub(super) fn complete_units(
    units: &mut VecDeque<QueuedUnit>,
    results: Result<Vec<Result<(), CommitError>>, PortError>,
) {
    match results {
        Ok(outcomes) => {
            let completed = units.drain(..outcomes.len().min(units.len()));
            for ((_, reply), outcome) in completed.zip(outcomes) {
                drop(reply.send(outcome));
            }
        }
        Err(error) => {
            let source = error.source.as_deref().map(tracing::field::display);
            tracing::warn!(%error, source, units = units.len(), "commit a group failed");
            for (_, reply) in units.drain(..) {
                drop(reply.send(Err(error.clone().into())));
            }
        }
    }
}

impl Reply {
    /// Returns the job of [`Command::Claim`].
    pub(crate) fn job(self) -> Result<Option<Job>, PortError> {
        match self {
            Self::Job(job) => Ok(job.map(|job| *job)),
            _ => Err(mismatched()),
        }
    }

    /// Returns whether [`Command::Extend`] found the job.
    pub(crate) fn done(self) -> Result<bool, PortError> {
        match self {
            Self::Done(done) => Ok(done),
            _ => Err(mismatched()),
        }
    }

    /// Returns the number of rows that [`Command::Purge`] removed.
    pub(crate) fn count(self) -> Result<u64, PortError> {
        match self {
            Self::Count(count) => Ok(count),
            _ => Err(mismatched()),
        }
    }

    /// Returns the usage of [`Command::Usage`].
    pub(crate) fn usage(self) -> Result<Usage, PortError> {
        match self {
            Self::Usage(usage) => Ok(*usage),
            _ => Err(mismatched()),
        }
    }
}

fn mismatched() -> PortError {
    let text = "run a command: the writer sent the result of another command";
    PortError::new(PortErrorKind::Internal, text)
}
