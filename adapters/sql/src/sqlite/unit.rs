//! Applying a unit of work.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Statement};

use super::BACKEND;
use crate::{
    apply::Step,
    error::{Stop, sqlite::stop},
};

/// The maximum number of steps in one call. A larger unit takes several calls
/// under one savepoint.
const STEPS_PER_CALL: usize = 32;

/// The numbers of units with the same text that share a call. There are few, so
/// that the statements stay prepared.
const SHARED: [usize; 3] = [8, 4, 2];

/// The view that checks expectations inside a call: an insert aborts the call
/// with an error.
pub(super) const EXPECTATIONS: &str = "\
    CREATE TEMP VIEW expectation (n) AS SELECT 0;\
    CREATE TEMP TRIGGER expectation_failed INSTEAD OF INSERT ON expectation \
    BEGIN SELECT RAISE(ABORT, 'expectation ' || NEW.n); END";

/// Returns the calls that apply a unit under its savepoint, usually one. A call
/// is a round trip to the connection's thread, which costs more than its steps.
pub(crate) fn calls(steps: &[Step]) -> Vec<Statement> {
    let chunks = steps.chunks(STEPS_PER_CALL);
    let last = chunks.len().saturating_sub(1);
    chunks
        .enumerate()
        .map(|(number, steps)| call(steps, number * STEPS_PER_CALL, number == 0, number == last))
        .collect()
}

/// Returns how many units from the first on may share a call: those with a
/// single call and the same text.
pub(crate) fn shareable<'c>(mut calls: impl Iterator<Item = &'c [Statement]>) -> usize {
    let Some([first]) = calls.next() else {
        return 1;
    };
    let is_same = |calls: &&[Statement]| matches!(calls, [call] if call.sql == first.sql);
    let run = 1 + calls.take(SHARED[0] - 1).take_while(is_same).count();
    let count = SHARED.into_iter().find(|size| *size <= run);
    count.unwrap_or(1)
}

/// Applies units in a shared call; returns `false` and applies none if one is
/// refused.
pub(crate) async fn apply_together(
    transaction: &DatabaseTransaction,
    calls: impl Iterator<Item = &Statement>,
) -> Result<bool, DbErr> {
    let mut sql = String::from("SAVEPOINT units;");
    let mut values = Vec::new();
    for call in calls {
        sql.push_str(&call.sql);
        sql.push(';');
        values.extend(call.values.iter().flat_map(|values| values.0.clone()));
    }
    sql.push_str("RELEASE units");
    let call = Statement::from_sql_and_values(BACKEND, sql, values);
    let Err(error) = transaction.execute_raw(call).await else {
        return Ok(true);
    };
    stop(&error).ok_or(error)?;
    transaction
        .execute_unprepared("ROLLBACK TO units; RELEASE units")
        .await?;
    Ok(false)
}

/// Applies a unit; a refusal rolls it back. Any other error may have ended the
/// transaction.
pub(crate) async fn apply(
    transaction: &DatabaseTransaction,
    calls: &[Statement],
) -> Result<Option<Stop>, DbErr> {
    for call in calls {
        if let Err(error) = transaction.execute_raw(call.clone()).await {
            let stopped = stop(&error).ok_or(error)?;
            transaction
                .execute_unprepared("ROLLBACK TO unit; RELEASE unit")
                .await?;
            return Ok(Some(stopped));
        }
    }
    Ok(None)
}

/// Joins steps into one text with one list of values. The text uses plain `?`,
/// which the driver counts across statements.
fn call(steps: &[Step], before: usize, first: bool, last: bool) -> Statement {
    use std::fmt::Write;
    let mut sql = String::with_capacity(256 * steps.len());
    let mut values = Vec::with_capacity(16 * steps.len());
    if first {
        sql.push_str("SAVEPOINT unit;");
    }
    for (number, step) in (before..).zip(steps) {
        let (Step::ChangeOne(statement) | Step::Change(statement) | Step::Find(statement)) = step;
        let text = &statement.sql;
        // Writing to a string does not fail.
        let _ = match step {
            Step::Change(_) => write!(sql, "{text};"),
            Step::ChangeOne(_) => write!(
                sql,
                "{text};INSERT INTO expectation SELECT {number} WHERE changes() <> 1;"
            ),
            Step::Find(_) => write!(
                sql,
                "INSERT INTO expectation SELECT {number} WHERE NOT EXISTS ({text});"
            ),
        };
        values.extend(statement.values.iter().flat_map(|values| values.0.clone()));
    }
    if last {
        sql.push_str("RELEASE unit");
    }
    Statement::from_sql_and_values(BACKEND, sql, values)
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use super::*;
    use crate::{
        apply,
        testing::{World, entry, file, world},
    };

    #[tokio::test]
    async fn a_unit_is_one_call_with_plain_placeholders() {
        let World {
            tenant,
            folder: _folder,
            store: _store,
        } = world().await;
        let (mut file, mut version) = file(tenant.as_ref(), 1);
        let mut work = tenant.begin();
        work.files().update(&file);
        work.versions().remove(&version);
        version.id = tenantry_domain::id::VersionId::from_uuid(uuid::Uuid::from_u128(2));
        version.number = 2;
        file.add_version(&version);
        work.versions().add(&version);
        work.quota().settle(5, 7);
        work.audit(entry(tenant.as_ref(), 1));
        let unit = work.finish().expect("a unit");
        let calls = calls(&apply::steps(&unit, BACKEND));
        let [call] = calls.as_slice() else {
            unreachable!("{} calls", calls.len());
        };
        let values = call.values.as_ref().map_or(0, |values| values.0.len());
        assert_eq!(call.sql.matches('?').count(), values);
        let numbered = |place: (usize, &str)| {
            let next = call.sql.as_bytes().get(place.0 + 1);
            next.is_some_and(u8::is_ascii_digit)
        };
        assert!(!call.sql.match_indices('?').any(numbered), "{}", call.sql);
    }
}
