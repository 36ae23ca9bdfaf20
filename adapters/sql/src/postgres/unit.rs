//! A unit of work as one statement, or several for a large one.

use std::fmt::Write;

use sea_orm::{Statement, Value};

use super::BACKEND;
use crate::apply::Step;

/// The maximum number of steps in one statement, whose values cannot exceed 65,535.
/// Planning a statement takes longer than linear time in its parts.
const STEPS_PER_CALL: usize = 256;

/// Joins steps into statements that apply all of them in order, or fail.
pub(crate) fn calls(steps: &[Step]) -> Vec<Statement> {
    steps.chunks(STEPS_PER_CALL).map(call).collect()
}

/// Joins steps into one statement that applies all of them in order, or fails.
fn call(steps: &[Step]) -> Statement {
    let mut sql = String::with_capacity(256 * steps.len());
    let mut conditions = String::with_capacity(48 * steps.len());
    let mut values: Vec<Value> = Vec::with_capacity(16 * steps.len());
    sql.push_str("WITH ");
    for (number, step) in steps.iter().enumerate() {
        let (Step::ChangeOne(statement) | Step::Change(statement) | Step::Find(statement)) = step;
        let comma = if number == 0 { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(sql, "{comma}s{number} AS (");
        shifted(&statement.sql, values.len(), &mut sql);
        sql.push_str(match step {
            Step::Find(_) => ")",
            Step::ChangeOne(_) | Step::Change(_) => " RETURNING 1)",
        });
        let and = if number == 0 { "" } else { " AND " };
        let expected = match step {
            Step::ChangeOne(_) => "= 1",
            Step::Change(_) => ">= 0",
            Step::Find(_) => "> 0",
        };
        // Counting the rows of a part makes the server execute it.
        let _ = write!(
            conditions,
            "{and}(SELECT count(*) FROM s{number}) {expected}"
        );
        values.extend(statement.values.iter().flat_map(|values| values.0.clone()));
    }
    let _ = write!(sql, " SELECT 1 / CASE WHEN {conditions} THEN 1 ELSE 0 END");
    Statement::from_sql_and_values(BACKEND, sql, values)
}

/// Copies a statement, with its placeholders shifted by `before`.
fn shifted(sql: &str, before: usize, to: &mut String) {
    let mut rest = sql;
    while let Some(at) = rest.find('$') {
        let (text, placeholder) = rest.split_at(at);
        to.push_str(text);
        let digits = placeholder[1..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(placeholder.len(), |end| end + 1);
        let number: usize = placeholder[1..digits].parse().unwrap_or(0);
        let _ = write!(to, "${}", number + before);
        rest = &placeholder[digits..];
    }
    to.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_across_steps() {
        let step = |sql: &str, value: i32| {
            Step::ChangeOne(Statement::from_sql_and_values(
                BACKEND,
                sql,
                [Value::from(value)],
            ))
        };
        let call = call(&[
            step("UPDATE a SET x = $1", 7),
            step("UPDATE b SET y = $1", 8),
        ]);
        assert!(
            call.sql.contains("s0 AS (UPDATE a SET x = $1 RETURNING 1)"),
            "{}",
            call.sql
        );
        assert!(
            call.sql.contains("s1 AS (UPDATE b SET y = $2 RETURNING 1)"),
            "{}",
            call.sql
        );
    }
}
