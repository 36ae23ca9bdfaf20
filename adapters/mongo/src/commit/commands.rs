//! One-step operations: each reads, decides, and returns the documents to store.

use mongodb::bson::{Document, RawDocumentBuf, doc};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Timestamp,
    job::{Job, JobState},
};
use tenantry_store::{Stored, claims, with_stored};

use super::{
    fault::Fault,
    order::{Command, Reply},
    usage::usage,
};
use crate::{
    collection::{Cell, Collection, DocumentId, document, entity},
    database::Source,
    find::Find,
    plan::Image,
};

/// Runs a command and returns the documents to store.
pub(super) async fn run(
    source: &mut Source<'_>,
    command: &Command,
) -> Result<(Reply, Vec<Image>), Fault> {
    match command {
        Command::Claim { worker, now, lease } => {
            let Some(mut job) = first_due(source, *now).await? else {
                return Ok((Reply::Job(None), Vec::new()));
            };
            job.claim(worker, *now, now.plus(*lease));
            let images = vec![image(&job)?];
            Ok((Reply::Job(Some(Box::new(job))), images))
        }
        Command::Extend { id, attempt, until } => {
            let id = DocumentId::Id(id.as_uuid());
            let find = Find::new(Collection::of(Job::KIND), doc! { "_id": &id });
            let mut found = jobs(source, find.limit(1_u32)).await?.into_iter();
            let extended = found
                .next()
                .and_then(|mut job| job.extend_lease(*attempt, *until).then_some(job));
            let images = extended.iter().map(image).collect::<Result<Vec<_>, _>>()?;
            Ok((Reply::Done(extended.is_some()), images))
        }
        Command::Purge {
            kind,
            expiry,
            before,
            limit,
        } => {
            let filter = doc! { *expiry: { "$lt": before.as_millis() } };
            let oldest_first = doc! { *expiry: 1, "_id": 1 };
            let find = Find::new(Collection::of(*kind), filter);
            let found = source.find(find.sort(oldest_first).limit(*limit)).await?;
            let mut images = Vec::new();
            for document in &found {
                with_stored!(*kind, T => removed::<T>(document, &mut images)?);
            }
            Ok((Reply::Count(found.len() as u64), images))
        }
        Command::Usage { tenant } => {
            let usage = usage(source, *tenant).await?;
            Ok((Reply::Usage(Box::new(usage)), Vec::new()))
        }
    }
}

/// Returns the filters of jobs to claim: due ones, and those with an expired
/// lease.
pub(crate) fn due_filters(now: Timestamp) -> [Document; 4] {
    let max_run_at = now.plus(Job::MAX_DELAY).as_millis();
    let max_until = now.plus(Job::MAX_LEASE).as_millis();
    let now = now.as_millis();
    [
        doc! { "state": JobState::Queued.as_str(), "run_at": { "$lte": now } },
        doc! { "state": JobState::Queued.as_str(), "run_at": { "$gt": max_run_at } },
        doc! { "state": JobState::Running.as_str(), "lease_until": { "$lt": now } },
        doc! { "state": JobState::Running.as_str(), "lease_until": { "$gt": max_until } },
    ]
}

/// Returns the job that has waited longest.
async fn first_due(source: &mut Source<'_>, now: Timestamp) -> Result<Option<Job>, Fault> {
    let mut first: Option<Job> = None;
    for filter in due_filters(now) {
        let oldest_first = doc! { "run_at": 1, "_id": 1 };
        let find = Find::new(Collection::of(Job::KIND), filter);
        for job in jobs(source, find.sort(oldest_first).limit(1_u32)).await? {
            let is_earlier = |other: &Job| (job.run_at, job.id) < (other.run_at, other.id);
            if first.as_ref().is_none_or(is_earlier) {
                first = Some(job);
            }
        }
    }
    Ok(first)
}

async fn jobs(source: &mut Source<'_>, find: Find) -> Result<Vec<Job>, Fault> {
    let found = source.find(find).await?;
    Ok(found.iter().map(entity).collect::<Result<_, PortError>>()?)
}

fn image(job: &Job) -> Result<Image, PortError> {
    Ok(Image {
        cell: Cell::of_row(Job::KIND, Stored::key(job)),
        document: Some(document(job)?),
        is_new: false,
    })
}

/// Adds the images that remove a row and the unique keys it holds.
fn removed<T: Stored>(document: &RawDocumentBuf, images: &mut Vec<Image>) -> Result<(), PortError> {
    let entity: T = entity(document)?;
    let claims = claims(&entity);
    let cells = claims.iter().map(Cell::of_claim);
    let cells = cells.chain([Cell::of_row(T::KIND, entity.key())]);
    images.extend(cells.map(|cell| Image {
        cell,
        document: None,
        is_new: false,
    }));
    images.sort_by(|a, b| a.cell.cmp(&b.cell));
    Ok(())
}
