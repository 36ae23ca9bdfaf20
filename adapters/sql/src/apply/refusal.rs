//! The reason for a refused unit.
//!
//! A refusal names the first failing class over the whole unit, regardless of
//! the step at which the database stopped. The unit has been rolled back by then, so the rows
//! read are those it met: they are loaded into a [`State`], which decides. Only
//! refused units pay for it.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use tenantry_application::{
    ports::{PortError, Refusal, UniqueKey},
    work::{Kind, UnitOfWork},
};
use tenantry_store::{
    Claim, Column, Key, Lookups, State, Stored, key_columns, lookups, with_stored,
};
use uuid::Uuid;

use super::keyed;
use crate::{dialect::Dialect, error::port_error};

/// Returns the refusal of a unit; `None` if every expectation holds after all.
/// `violated` is the unique key that the database reported.
pub(crate) async fn refusal(
    db: &impl ConnectionTrait,
    unit: &UnitOfWork,
    violated: Option<UniqueKey>,
) -> Result<Option<Refusal>, PortError> {
    let mut needed = Lookups::default();
    lookups(unit, &mut needed);
    let state = load(db, needed).await?;
    Ok(match (state.check(unit), violated) {
        (Ok(()) | Err(Refusal::Quota), Some(key)) => Some(Refusal::Duplicate(key)),
        (checked, _) => checked.err(),
    })
}

async fn load(db: &impl ConnectionTrait, needed: Lookups) -> Result<State, PortError> {
    let mut state = State::default();
    let mut keys: BTreeMap<Kind, Vec<Key>> = BTreeMap::new();
    for (kind, key) in needed.rows {
        keys.entry(kind).or_default().push(key);
    }
    for (kind, keys) in keys {
        with_stored!(kind, T => load_rows::<T>(db, &keys, &mut state).await?);
    }
    for claim in needed.claims {
        with_stored!(claim.kind, T => load_holder::<T>(db, &claim, &mut state).await?);
    }
    Ok(state)
}

async fn load_rows<T: Stored>(
    db: &impl ConnectionTrait,
    keys: &[Key],
    state: &mut State,
) -> Result<(), PortError> {
    let dialect = Dialect::of(db.get_database_backend());
    let ids = keys.iter().filter_map(|key| match key {
        Key::Id(id) => Some(*id),
        Key::Pair(..) => None,
    });
    let ids: Vec<Uuid> = ids.collect();
    let mut conditions = Vec::new();
    if let Some(column) = key_columns::<T>().next().filter(|_| !ids.is_empty()) {
        conditions.push(Condition::all().add(dialect.id_among(column, ids)));
    }
    let pairs = keys.iter().filter(|key| matches!(key, Key::Pair(..)));
    conditions.extend(pairs.map(|key| keyed::<T>(Condition::all(), *key)));
    for condition in conditions {
        load_found::<T>(db, condition, state).await?;
    }
    Ok(())
}

/// Loads the row that holds a unique key.
async fn load_holder<T: Stored>(
    db: &impl ConnectionTrait,
    claim: &Claim,
    state: &mut State,
) -> Result<(), PortError> {
    let Some(unique) = T::UNIQUE.iter().find(|unique| unique.key == claim.key) else {
        return Ok(());
    };
    let columns = unique.columns.iter().zip(&claim.values);
    let condition = columns.fold(
        Condition::all(),
        |condition, (column, value): (&Column<T>, _)| condition.add(column.eq(value.clone())),
    );
    load_found::<T>(db, condition, state).await
}

async fn load_found<T: Stored>(
    db: &impl ConnectionTrait,
    condition: Condition,
    state: &mut State,
) -> Result<(), PortError> {
    let found = T::Table::find().filter(condition).all(db).await;
    let found = found.map_err(|error: DbErr| port_error("find the reason for a refusal", error))?;
    for row in found {
        state.load(T::from_row(row)?);
    }
    Ok(())
}
