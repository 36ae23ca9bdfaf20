//! Conditions of queries as SQL expressions.

use sea_orm::{
    ColumnTrait, Condition as SqlCondition,
    sea_query::{Expr, ExprTrait},
};
use tenantry_store::{Condition, Direction, successor};

use crate::dialect::Dialect;

/// Returns the expression of a condition.
pub(crate) fn expression<C: ColumnTrait>(
    condition: &Condition<C>,
    dialect: Dialect,
) -> SqlCondition {
    let all = SqlCondition::all();
    match condition {
        Condition::Equal(column, value) => all.add(column.eq(value.clone())),
        Condition::OneOf(column, ids) => all.add(dialect.id_among(*column, ids.iter().copied())),
        Condition::OneOfTexts(column, texts) => all.add(column.is_in(texts)),
        Condition::Null(column) => all.add(column.is_null()),
        Condition::Below(column, value) => all.add(column.lt(value.clone())),
        Condition::AtLeast(column, value) => all.add(column.gte(value.clone())),
        Condition::Above(column, value) => all.add(column.gt(value.clone())),
        Condition::Outside(column, start, end) => {
            all.add(column.lt(start.clone()).or(column.gt(end.clone())))
        }
        Condition::StartsWith(column, prefix) => {
            // A range, which an index on the column serves.
            let end = successor(prefix).map(|end| column.lt(end));
            all.add(column.gte(prefix.as_str())).add_option(end)
        }
        Condition::Contains(column, text) => all.add(dialect.contains(*column, text)),
        Condition::After((sort, key), (id, after), direction) => {
            let row = Expr::tuple([Expr::col(*sort), Expr::col(*id)]);
            let position = Expr::tuple([Expr::val(key.clone()), Expr::val(after.clone())]);
            all.add(match direction {
                Direction::Ascending => row.gt(position),
                Direction::Descending => row.lt(position),
            })
        }
    }
}
