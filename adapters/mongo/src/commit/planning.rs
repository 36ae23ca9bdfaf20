//! From queued units to documents.

use std::collections::{BTreeMap, VecDeque};

use futures_util::future::try_join_all;
use mongodb::bson::{Bson, RawDocumentBuf, doc};
use tenantry_application::ports::{CommitError, PortError, PortErrorKind};
use tenantry_store::{Lookups, lookups};

use super::{fault::Fault, order::QueuedUnit};
use crate::{
    collection::{Cell, Collection, DocumentId},
    database::{Database, IDS_AT_ONCE, Source},
    find::Find,
    plan::{Image, Plan},
};

/// The size in bytes from which a group takes no further unit. A group becomes
/// one document or one message, whose limits are 16 MiB and more.
const FULL: usize = 8 * 1024 * 1024;

/// The documents of a group, and the results of its units.
#[derive(Debug)]
pub(super) struct GroupPlan {
    /// The documents to store.
    pub(super) images: Vec<Image>,
    /// The results of the first units; the rest belong to the next group.
    pub(super) outcomes: Vec<Result<(), CommitError>>,
}

/// Plans as many of the units as fit into one group, at least the first.
pub(super) async fn plan_units(
    source: &mut Source<'_>,
    units: &VecDeque<QueuedUnit>,
) -> Result<GroupPlan, Fault> {
    let mut needed = Lookups::default();
    for (unit, _) in units {
        lookups(unit, &mut needed);
    }
    let mut plan = Plan::new(needed);
    load(source, &mut plan).await?;
    let mut outcomes = Vec::with_capacity(units.len());
    for (unit, _) in units {
        if plan.written_bytes() >= FULL {
            break;
        }
        outcomes.push(plan.apply(unit)?);
    }
    Ok(GroupPlan {
        images: plan.into_images(),
        outcomes,
    })
}

/// Loads the needed documents in few queries.
async fn load(source: &mut Source<'_>, plan: &mut Plan) -> Result<(), Fault> {
    let mut ids: BTreeMap<Collection, Vec<Bson>> = BTreeMap::new();
    for cell in plan.needed() {
        let of_collection = ids.entry(cell.collection).or_default();
        of_collection.push((&cell.id).into());
    }
    let mut queries = Vec::new();
    for (collection, ids) in &ids {
        let chunks = ids.chunks(IDS_AT_ONCE);
        queries.extend(chunks.map(|ids| Find::new(*collection, doc! { "_id": { "$in": ids } })));
    }
    match source {
        Source::Now(database) => {
            let mut results = Vec::with_capacity(queries.len());
            for query in queries {
                results.push(run(database, query));
            }
            for (collection, found) in try_join_all(results).await? {
                load_found(plan, collection, &found)?;
            }
        }
        Source::Transaction(..) => {
            for query in queries {
                let collection = query.collection;
                load_found(plan, collection, &source.find(query).await?)?;
            }
        }
    }
    Ok(())
}

async fn run(database: &Database, query: Find) -> Result<(Collection, Vec<RawDocumentBuf>), Fault> {
    let collection = query.collection;
    Ok((collection, Source::Now(database).find(query).await?))
}

fn load_found(
    plan: &mut Plan,
    collection: Collection,
    documents: &[RawDocumentBuf],
) -> Result<(), PortError> {
    for document in documents {
        let id = document.get("_id").ok().flatten();
        let id = id.and_then(|id| Bson::try_from(id).ok());
        let id = id.as_ref().and_then(DocumentId::from_bson).ok_or_else(|| {
            let context = format!(
                "read a document of {}: its _id is not valid; restore it from a backup",
                collection.name()
            );
            PortError::new(PortErrorKind::Corrupt, context)
        })?;
        plan.load(&Cell { collection, id }, document)?;
    }
    Ok(())
}
