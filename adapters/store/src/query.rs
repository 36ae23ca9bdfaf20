//! Queries that every store answers.

use std::cmp::Ordering;

use sea_orm::{ModelTrait, Value};
use tenantry_application::ports::{ListQuery, SortKey, SortOrder};
use tenantry_domain::id::TenantId;

use crate::{Column, Key, Row, Stored, key_columns, key_values};

/// A query over the rows of one type.
#[derive(Debug, Clone)]
pub struct Query<T: Stored> {
    /// The conditions, all of which must hold.
    pub conditions: Vec<Condition<Column<T>>>,
    /// The sort columns.
    pub order: Vec<(Column<T>, Direction)>,
    /// The number of rows to skip.
    pub offset: u64,
    /// The maximum number of rows.
    pub limit: Option<u64>,
}

/// A condition on a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition<C> {
    /// The column equals the value.
    Equal(C, Value),
    /// The column equals one of the ids.
    OneOf(C, Vec<uuid::Uuid>),
    /// The column equals one of a few texts.
    OneOfTexts(C, Vec<String>),
    /// The column is null.
    Null(C),
    /// The column is below the value.
    Below(C, Value),
    /// The column is at or above the value.
    AtLeast(C, Value),
    /// The column is above the value.
    Above(C, Value),
    /// The column is below the first value or above the second.
    Outside(C, Value, Value),
    /// The text begins with the prefix, byte by byte.
    StartsWith(C, String),
    /// The text contains the text, byte by byte.
    Contains(C, String),
    /// The row comes after a position in an order: a sort column and its value,
    /// then the same for the id.
    After((C, Value), (C, Value), Direction),
}

/// A sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the lowest.
    Ascending,
    /// From the highest.
    Descending,
}

impl<T: Stored> Default for Query<T> {
    fn default() -> Self {
        Self {
            conditions: Vec::new(),
            order: Vec::new(),
            offset: 0,
            limit: None,
        }
    }
}

impl<T: Stored> Query<T> {
    /// Creates a query over all rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a query over the rows of one tenant. A kind without a tenant
    /// column has none.
    pub fn of_tenant(tenant: TenantId) -> Self {
        let query = Self::new();
        match T::SCOPE.column() {
            Some(column) => query.equal(column, tenant.as_uuid()),
            None => query.limit(0),
        }
    }

    /// Adds the condition that the primary key equals a key.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        for (column, value) in key_values::<T>(key) {
            self = self.filter(Condition::Equal(column, value));
        }
        self
    }

    /// Adds a condition.
    #[must_use]
    pub fn filter(mut self, condition: Condition<Column<T>>) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Adds a condition made of an optional value.
    #[must_use]
    pub fn filter_some<V>(
        self,
        value: Option<V>,
        condition: impl FnOnce(V) -> Condition<Column<T>>,
    ) -> Self {
        match value {
            Some(value) => self.filter(condition(value)),
            None => self,
        }
    }

    /// Adds the condition that a column equals a value.
    #[must_use]
    pub fn equal(self, column: Column<T>, value: impl Into<Value>) -> Self {
        self.filter(Condition::Equal(column, value.into()))
    }

    /// Sorts by a column, after the columns so far.
    #[must_use]
    pub fn order_by(mut self, column: Column<T>, direction: Direction) -> Self {
        self.order.push((column, direction));
        self
    }

    /// Sorts by the primary key, after the columns so far.
    #[must_use]
    pub fn order_by_key(mut self, direction: Direction) -> Self {
        let keys = key_columns::<T>().map(|column| (column, direction));
        self.order.extend(keys);
        self
    }

    /// Keeps the rows with an id above `after`, sorted by id.
    #[must_use]
    pub fn scan(self, after: Option<uuid::Uuid>) -> Self {
        let id = key_columns::<T>().next();
        self.filter_some(id.zip(after), |(id, after)| {
            Condition::Above(id, after.into())
        })
        .order_by_key(Direction::Ascending)
    }

    /// Skips rows.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Limits the number of rows.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit.into());
        self
    }

    /// Selects a page of a sorted list.
    #[must_use]
    pub fn page<S: SortOrder>(self, list: &ListQuery<S>, sort: Column<T>) -> Self {
        let direction = if list.descending {
            Direction::Descending
        } else {
            Direction::Ascending
        };
        let position = list.after.as_ref().zip(key_columns::<T>().next());
        self.filter_some(position, |(after, id)| {
            let key = match &after.key {
                SortKey::Text(text) => Value::from(text.as_str()),
                SortKey::Number(number) => Value::from(*number),
            };
            Condition::After((sort, key), (id, after.id.into()), direction)
        })
        .order_by(sort, direction)
        .order_by_key(direction)
        .offset(list.offset)
        .limit(list.limit)
    }

    /// Returns whether a row meets the conditions.
    pub fn matches(&self, row: &Row<T>) -> bool {
        self.conditions
            .iter()
            .all(|condition| condition.matches::<T>(row))
    }

    /// Compares two rows in the order of the query.
    pub fn compare(&self, a: &Row<T>, b: &Row<T>) -> Ordering {
        let columns = self.order.iter().map(|(column, direction)| {
            directed(compare(&a.get(*column), &b.get(*column)), *direction)
        });
        columns.fold(Ordering::Equal, Ordering::then)
    }
}

impl<C: Copy> Condition<C> {
    fn matches<T: Stored<Table: sea_orm::EntityTrait<Column = C>>>(&self, row: &Row<T>) -> bool {
        let is = |column: C, value: &Value, wanted: fn(Ordering) -> bool| {
            let stored = row.get(column);
            stored != stored.as_null() && wanted(compare(&stored, value))
        };
        let text = |column: C| match row.get(column) {
            Value::String(Some(text)) => text,
            _ => String::new(),
        };
        match self {
            Self::Equal(column, value) => row.get(*column) == *value,
            Self::OneOf(column, ids) => {
                matches!(row.get(*column), Value::Uuid(Some(id)) if ids.contains(&id))
            }
            Self::OneOfTexts(column, texts) => texts.contains(&text(*column)),
            Self::Null(column) => {
                let stored = row.get(*column);
                stored == stored.as_null()
            }
            Self::Below(column, value) => is(*column, value, Ordering::is_lt),
            Self::AtLeast(column, value) => is(*column, value, Ordering::is_ge),
            Self::Above(column, value) => is(*column, value, Ordering::is_gt),
            Self::Outside(column, start, end) => {
                is(*column, start, Ordering::is_lt) || is(*column, end, Ordering::is_gt)
            }
            Self::StartsWith(column, prefix) => text(*column).starts_with(prefix.as_str()),
            Self::Contains(column, part) => text(*column).contains(part.as_str()),
            Self::After((sort, key), (id, after), direction) => {
                let order =
                    compare(&row.get(*sort), key).then_with(|| compare(&row.get(*id), after));
                directed(order, *direction).is_gt()
            }
        }
    }
}

fn directed(order: Ordering, direction: Direction) -> Ordering {
    match direction {
        Direction::Ascending => order,
        Direction::Descending => order.reverse(),
    }
}

/// Compares two values of one column: texts and bytes byte by byte, nulls first.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::BigInt(a), Value::BigInt(b)) => a.cmp(b),
        (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

/// Returns the lowest text above all that begin with a prefix, byte by byte;
/// `None` if no text is. The order of UTF-8 bytes is the order of characters.
pub fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // Skips the surrogates, which are not characters.
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_is_above_every_text_with_the_prefix() {
        assert_eq!(successor("a/").as_deref(), Some("a0"));
        assert_eq!(successor("\u{D7FF}").as_deref(), Some("\u{E000}"));
        assert_eq!(successor("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(successor("\u{10FFFF}"), None);
        assert_eq!(successor(""), None);
    }
}
