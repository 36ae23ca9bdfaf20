//! From orders to documents.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use futures_util::future::try_join_all;
use mongodb::bson::{Bson, RawDocumentBuf, doc};
use tenantry_application::ports::{CommitError, PortError, PortErrorKind};

use super::{fault::Fault, order::WaitingUnit};
use crate::{
    database::{Database, Find, IDS_AT_ONCE, Source},
    plan::{self, Cell, Image, Key, State, Table},
};

/// Above so many bytes no further unit is taken into a group: it becomes one
/// document, or one message, and both have a limit of 16 MiB and more.
const FULL: usize = 8 * 1024 * 1024;

/// Units as they end if what they change is stored.
#[derive(Debug)]
pub(super) struct Planned {
    /// What is to be stored.
    pub(super) images: Vec<Image>,
    /// How the first units end; those behind them wait for another group.
    pub(super) outcomes: Vec<Result<(), CommitError>>,
}

/// Plans as many of the units as fit into one group, at least the first.
pub(super) async fn plan_units(
    source: &mut Source<'_>,
    units: &VecDeque<WaitingUnit>,
) -> Result<Planned, Fault> {
    let mut cells = BTreeSet::new();
    for (unit, _) in units {
        plan::reads(unit, &mut cells);
    }
    let mut state = load(source, cells).await?;
    let mut outcomes = Vec::with_capacity(units.len());
    for (unit, _) in units {
        if state.written_bytes() >= FULL {
            break;
        }
        outcomes.push(plan::apply(&mut state, unit)?);
    }
    Ok(Planned {
        images: state.into_images(),
        outcomes,
    })
}

/// Reads documents, in few questions.
async fn load(source: &mut Source<'_>, cells: BTreeSet<Cell>) -> Result<State, Fault> {
    let mut ids: BTreeMap<Table, Vec<Bson>> = BTreeMap::new();
    for cell in &cells {
        let of_table = ids.entry(cell.table).or_default();
        of_table.push((&cell.key).into());
    }
    let by_ids = |table: Table, ids: &[Bson]| Find::new(table, doc! { "_id": { "$in": ids } });
    let mut questions = Vec::new();
    for (table, ids) in &ids {
        questions.extend(ids.chunks(IDS_AT_ONCE).map(|ids| by_ids(*table, ids)));
    }
    let mut state = State::default();
    state.expect(cells);
    match source {
        Source::Now(database) => {
            let mut answers = Vec::with_capacity(questions.len());
            for find in questions {
                answers.push(answer(database, find));
            }
            for (table, found) in try_join_all(answers).await? {
                know(&mut state, table, found)?;
            }
        }
        Source::Transaction(..) => {
            for find in questions {
                let table = find.table;
                know(&mut state, table, source.find(find).await?)?;
            }
        }
    }
    Ok(state)
}

async fn answer(database: &Database, find: Find) -> Result<(Table, Vec<RawDocumentBuf>), Fault> {
    let table = find.table;
    Ok((table, Source::Now(database).find(find).await?))
}

/// Takes documents of a collection into the state.
fn know(state: &mut State, table: Table, documents: Vec<RawDocumentBuf>) -> Result<(), PortError> {
    for document in documents {
        let id = document.get("_id").ok().flatten();
        let id = id.and_then(|id| Bson::try_from(id).ok());
        let key = id.as_ref().and_then(Key::from_bson).ok_or_else(|| {
            let context = format!("a document in {} has a strange id", table.name());
            PortError::new(PortErrorKind::Corrupt, context)
        })?;
        state.know(Cell { table, key }, document);
    }
    Ok(())
}
