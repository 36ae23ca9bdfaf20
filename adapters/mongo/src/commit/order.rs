//! What is asked for, and how it is answered.

use std::{collections::VecDeque, time::Duration};

use tenantry_application::{
    ports::{CommitError, PortError, PortErrorKind, Usage},
    work::UnitOfWork,
};
use tenantry_domain::{
    Timestamp,
    id::{JobId, TenantId},
    job::Job,
};
use tokio::sync::oneshot;

/// One thing to do. Nobody may be waiting for the answer any more.
#[derive(Debug)]
pub(crate) enum Order {
    /// Applies a unit of work, together with others.
    Unit {
        unit: UnitOfWork,
        reply: Reply<(), CommitError>,
    },
    /// Does something that looks at the documents first, by itself.
    Command {
        command: Command,
        reply: Reply<Answer, PortError>,
    },
}

/// Where an answer goes.
pub(crate) type Reply<T, E> = oneshot::Sender<Result<T, E>>;

/// A step that answers with data.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Takes the job that is due.
    Claim {
        worker: String,
        now: Timestamp,
        lease: Duration,
    },
    /// Prolongs the lease of a job.
    Extend {
        id: JobId,
        attempt: u32,
        until: Timestamp,
    },
    /// Removes sessions that have expired.
    PurgeSessions { before: Timestamp, limit: u32 },
    /// Removes requests that have expired.
    PurgeRequests { before: Timestamp, limit: u32 },
    /// Counts where a tenant's bytes come from, while nothing changes.
    Usage { tenant: TenantId },
}

/// What a command answers.
#[derive(Debug)]
pub(crate) enum Answer {
    Job(Option<Box<Job>>),
    Done(bool),
    Count(u64),
    Usage(Box<Usage>),
}

/// A unit that waits, and where its answer goes.
pub(super) type WaitingUnit = (UnitOfWork, Reply<(), CommitError>);

/// A command that waits, and where its answer goes.
pub(super) type WaitingCommand = (Command, Reply<Answer, PortError>);

/// Units, which are done together, and commands, each of which is done alone.
pub(super) fn sorted(orders: Vec<Order>) -> (VecDeque<WaitingUnit>, Vec<WaitingCommand>) {
    let (mut units, mut commands) = (VecDeque::new(), Vec::new());
    for order in orders {
        match order {
            Order::Unit { unit, reply } => units.push_back((unit, reply)),
            Order::Command { command, reply } => commands.push((command, reply)),
        }
    }
    (units, commands)
}

/// Answers those of the units whose end is known, or all where they failed.
pub(super) fn answer_units(
    units: &mut VecDeque<WaitingUnit>,
    ended: Result<Vec<Result<(), CommitError>>, PortError>,
) {
    match ended {
        Ok(outcomes) => {
            let ended = units.drain(..outcomes.len().min(units.len()));
            for ((_, reply), outcome) in ended.zip(outcomes) {
                drop(reply.send(outcome));
            }
        }
        Err(error) => {
            let source = error.source.as_deref().map(tracing::field::display);
            tracing::warn!(%error, source, units = units.len(), "a group of commits failed");
            for (_, reply) in units.drain(..) {
                drop(reply.send(Err(error.clone().into())));
            }
        }
    }
}

impl Answer {
    /// The job of [`Command::Claim`].
    pub(crate) fn job(self) -> Result<Option<Job>, PortError> {
        match self {
            Self::Job(job) => Ok(job.map(|job| *job)),
            _ => Err(mistaken()),
        }
    }

    /// Whether [`Command::Extend`] did anything.
    pub(crate) fn done(self) -> Result<bool, PortError> {
        match self {
            Self::Done(done) => Ok(done),
            _ => Err(mistaken()),
        }
    }

    /// How many a purge has removed.
    pub(crate) fn count(self) -> Result<u64, PortError> {
        match self {
            Self::Count(count) => Ok(count),
            _ => Err(mistaken()),
        }
    }

    /// The answer to [`Command::Usage`].
    pub(crate) fn usage(self) -> Result<Usage, PortError> {
        match self {
            Self::Usage(usage) => Ok(*usage),
            _ => Err(mistaken()),
        }
    }
}

fn mistaken() -> PortError {
    let text = "a step was answered as another";
    PortError::new(PortErrorKind::Internal, text)
}
