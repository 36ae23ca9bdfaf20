//! Steps that answer with data: each looks, decides, and says what is to be
//! stored.

use mongodb::bson::{Document, doc};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Timestamp,
    id::JobId,
    idempotency::IdempotencyRecord,
    job::{Job, JobState, Lease},
    session::Session,
};

use super::{
    fault::Fault,
    order::{Answer, Command},
    usage::usage,
};
use crate::{
    database::{Find, Source},
    plan::{Cell, Image, State, Table, from_document},
    rows::Stored,
};

/// Answers a command, and says what is to be stored for it.
pub(super) async fn run(
    source: &mut Source<'_>,
    command: &Command,
) -> Result<(Answer, Vec<Image>), Fault> {
    let mut state = State::default();
    let answer = match command {
        Command::Claim { worker, now, lease } => {
            let claimed = match due(source, *now).await? {
                Some(mut job) => {
                    take(&mut job, worker, *now, now.plus(*lease));
                    put(&mut state, &job)?;
                    Some(Box::new(job))
                }
                None => None,
            };
            Answer::Job(claimed)
        }
        Command::Extend { id, attempt, until } => {
            Answer::Done(extend(source, &mut state, *id, *attempt, *until).await?)
        }
        Command::PurgeSessions { before, limit } => {
            let expired = expired::<Session>(source, *before, *limit).await?;
            Answer::Count(remove(&mut state, &expired))
        }
        Command::PurgeRequests { before, limit } => {
            let expired = expired::<IdempotencyRecord>(source, *before, *limit).await?;
            Answer::Count(remove(&mut state, &expired))
        }
        Command::Usage { tenant } => Answer::Usage(Box::new(usage(source, *tenant).await?)),
    };
    Ok((answer, state.into_images()))
}

/// What is due at an instant: waiting jobs, and running ones whose worker did
/// not come back.
pub(crate) fn due_filters(now: Timestamp) -> [Document; 2] {
    let now = now.as_millis();
    [
        doc! { "state": JobState::Queued.as_str(), "run_at": { "$lte": now } },
        doc! { "state": JobState::Running.as_str(), "lease_until": { "$lt": now } },
    ]
}

/// The job that has waited longest.
async fn due(source: &mut Source<'_>, now: Timestamp) -> Result<Option<Job>, Fault> {
    let mut first: Option<Job> = None;
    for filter in due_filters(now) {
        let oldest = doc! { "run_at": 1, "_id": 1 };
        let find = Find::new(Table::Jobs, filter).sort(oldest).limit(1);
        for job in entities::<Job>(source, find).await? {
            let waits_longer = |other: &Job| (job.run_at, job.id) < (other.run_at, other.id);
            if first.as_ref().is_none_or(waits_longer) {
                first = Some(job);
            }
        }
    }
    Ok(first)
}

fn take(job: &mut Job, worker: &str, now: Timestamp, until: Timestamp) {
    if job.state == JobState::Running {
        job.failures += 1;
    }
    job.state = JobState::Running;
    job.attempt += 1;
    job.lease = Some(Lease {
        worker: worker.to_owned(),
        until,
    });
    job.started_at = Some(now);
    job.revision = job.revision.next();
}

async fn extend(
    source: &mut Source<'_>,
    state: &mut State,
    id: JobId,
    attempt: u32,
    until: Timestamp,
) -> Result<bool, Fault> {
    let find = Find::new(Table::Jobs, doc! { "_id": &Job::key(id) }).limit(1);
    let job = entities::<Job>(source, find).await?.into_iter().next();
    let running = job.filter(|job| job.state == JobState::Running && job.attempt == attempt);
    let Some(mut job) = running else {
        return Ok(false);
    };
    if let Some(lease) = &mut job.lease {
        lease.until = until;
    }
    // The revision stays: the worker completes the job it was handed.
    put(state, &job)?;
    Ok(true)
}

async fn expired<T: Stored>(
    source: &mut Source<'_>,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<T>, Fault> {
    let filter = doc! { "expires_at": { "$lt": before.as_millis() } };
    let oldest = doc! { "expires_at": 1, "_id": 1 };
    let find = Find::new(T::TABLE, filter).sort(oldest).limit(limit);
    entities(source, find).await
}

fn remove<T: Stored>(state: &mut State, rows: &[T]) -> u64 {
    for row in rows {
        for claim in row.claims() {
            state.remove(claim.cell());
        }
        state.remove(cell(row));
    }
    rows.len() as u64
}

fn put<T: Stored>(state: &mut State, row: &T) -> Result<(), PortError> {
    state.put(cell(row), &row.to_row())
}

fn cell<T: Stored>(row: &T) -> Cell {
    Cell::new(T::TABLE, T::key(row.id()))
}

async fn entities<T: Stored>(source: &mut Source<'_>, find: Find) -> Result<Vec<T>, Fault> {
    let found = source.find(find).await?;
    let rows = found.iter().map(|document| {
        let row: T::Row = from_document(T::TABLE, document)?;
        T::from_row(row)
    });
    Ok(rows.collect::<Result<_, PortError>>()?)
}
