//! The tags of files.

use serde_json::{Number, Value};
use tenantry_domain::{
    Invalid,
    tags::{TagValue, Tags},
};

use crate::types::Map;

/// At most 50 scalar values by key.
pub(super) type TagsBody = Map<Value, { Tags::MAX_ENTRIES }>;

/// Parses the tags of a request.
pub(super) fn parse(body: TagsBody) -> Result<Tags, Invalid> {
    let entries: Result<Vec<_>, Invalid> = body
        .0
        .into_iter()
        .map(|(key, value)| {
            let value = match value {
                Value::Null => TagValue::Empty,
                Value::Bool(flag) => TagValue::Flag(flag),
                Value::String(text) => TagValue::Text(text),
                Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                    (Some(whole), _) => TagValue::Integer(whole),
                    (None, Some(number)) => TagValue::Number(number),
                    (None, None) => return Err(Invalid::format("must have finite numbers")),
                },
                Value::Array(_) | Value::Object(_) => {
                    return Err(Invalid::format("must have scalar values"));
                }
            };
            Ok((key, value))
        })
        .collect();
    Tags::new(entries?)
}

/// Returns the representation of tags.
pub(super) fn body(tags: &Tags) -> TagsBody {
    let value = |value: &TagValue| match value {
        TagValue::Empty => Value::Null,
        TagValue::Flag(flag) => Value::Bool(*flag),
        TagValue::Text(text) => Value::String(text.clone()),
        TagValue::Integer(whole) => Value::Number((*whole).into()),
        TagValue::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
    };
    let entries = tags.iter().map(|(key, tag)| (key.to_owned(), value(tag)));
    Map(entries.collect())
}
