//! Queries as filters.

use mongodb::bson::{Binary, Bson, Document, doc, spec::BinarySubtype};
use sea_orm::Value;
use tenantry_store::{Column, Condition, Direction, Query, Stored, successor};

use crate::{
    collection::{Collection, bson_id, field},
    find::Find,
};

/// Returns the command of a query.
pub(crate) fn find<T: Stored>(query: &Query<T>) -> Find {
    let mut find = Find::new(Collection::of(T::KIND), filter(query));
    if !query.order.is_empty() {
        let order = query.order.iter();
        let order = order.map(|(column, direction)| {
            let direction = match direction {
                Direction::Ascending => 1,
                Direction::Descending => -1,
            };
            (field::<T>(*column).to_owned(), Bson::Int32(direction))
        });
        find = find.sort(order.collect());
    }
    if query.offset > 0 {
        find = find.skip(query.offset);
    }
    match query.limit {
        Some(limit) => find.limit(limit),
        None => find,
    }
}

/// Returns the filter of a query. Conditions on one field are merged, since a
/// filter names a field once.
pub(crate) fn filter<T: Stored>(query: &Query<T>) -> Document {
    let mut filter = Document::new();
    for condition in &query.conditions {
        let (name, operator) = match condition {
            Condition::After((sort, key), (id, after), direction) => {
                let position = after_position::<T>((*sort, key), (*id, after), *direction);
                filter.insert("$or", position.to_vec());
                continue;
            }
            Condition::Outside(column, start, end) => {
                let name = field::<T>(*column);
                let (start, end) = (bson(start), bson(end));
                let parts = [
                    doc! { name: { "$lt": start } },
                    doc! { name: { "$gt": end } },
                ];
                filter.insert("$or", parts.to_vec());
                continue;
            }
            Condition::Equal(column, value) => (*column, doc! { "$eq": bson(value) }),
            Condition::OneOf(column, ids) => {
                let ids: Vec<_> = ids.iter().map(|id| bson_id(*id)).collect();
                (*column, doc! { "$in": ids })
            }
            Condition::OneOfTexts(column, texts) => (*column, doc! { "$in": texts.clone() }),
            Condition::Null(column) => (*column, doc! { "$eq": null }),
            Condition::Below(column, value) => (*column, doc! { "$lt": bson(value) }),
            Condition::AtLeast(column, value) => (*column, doc! { "$gte": bson(value) }),
            Condition::Above(column, value) => (*column, doc! { "$gt": bson(value) }),
            Condition::StartsWith(column, prefix) => {
                // A range, which an index on the field serves.
                let mut range = doc! { "$gte": prefix.as_str() };
                if let Some(end) = successor(prefix) {
                    range.insert("$lt", end);
                }
                (*column, range)
            }
            Condition::Contains(column, text) => (*column, doc! { "$regex": literal(text) }),
        };
        let name = field::<T>(name);
        match filter.get_document_mut(name) {
            Ok(operators) => operators.extend(operator),
            Err(_) => {
                filter.insert(name, operator);
            }
        }
    }
    filter
}

/// Returns the alternatives of a position: beyond its value, or at the same
/// value and beyond its id.
fn after_position<T: Stored>(
    (sort, key): (Column<T>, &Value),
    (id, after): (Column<T>, &Value),
    direction: Direction,
) -> [Document; 2] {
    let beyond = match direction {
        Direction::Ascending => "$gt",
        Direction::Descending => "$lt",
    };
    let (sort, id) = (field::<T>(sort), field::<T>(id));
    [
        doc! { sort: { beyond: bson(key) } },
        doc! { sort: bson(key), id: { beyond: bson(after) } },
    ]
}

fn bson(value: &Value) -> Bson {
    match value {
        Value::Bool(Some(flag)) => Bson::Boolean(*flag),
        Value::BigInt(Some(number)) => Bson::Int64(*number),
        Value::String(Some(text)) => Bson::String(text.clone()),
        Value::Uuid(Some(id)) => bson_id(*id).into(),
        Value::Bytes(Some(bytes)) => Bson::Binary(Binary {
            subtype: BinarySubtype::Generic,
            bytes: bytes.clone(),
        }),
        _ => Bson::Null,
    }
}

/// Returns a pattern that matches a text literally. ASCII punctuation is escaped
/// by its code, which every regular expression dialect reads the same way.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || !character.is_ascii() {
            pattern.push(character);
        } else {
            pattern.push_str("\\x");
            let digit = |value: u32| char::from_digit(value, 16).unwrap_or_default();
            let code = u32::from(character);
            pattern.extend([digit(code / 16), digit(code % 16)]);
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_its_text_only() {
        assert_eq!(literal("aé.*\0"), "aé\\x2e\\x2a\\x00");
    }
}
