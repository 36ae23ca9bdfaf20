//! Tags, kept as a list of pairs: their keys may hold what names of fields
//! may not.

use std::fmt::Display;

use mongodb::bson::Bson;
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::tags::{TagValue, Tags};

use super::Reading;

/// A tag. The type of its value is told by the type of the field.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TagRow {
    key: String,
    value: Bson,
}

pub(super) fn to_rows(tags: &Tags) -> Vec<TagRow> {
    let rows = tags.iter().map(|(key, value)| TagRow {
        key: key.to_owned(),
        value: match value {
            TagValue::Text(text) => Bson::String(text.clone()),
            TagValue::Integer(number) => Bson::Int64(*number),
            TagValue::Number(number) => Bson::Double(*number),
            TagValue::Flag(flag) => Bson::Boolean(*flag),
            TagValue::Empty => Bson::Null,
        },
    });
    rows.collect()
}

pub(super) fn from_rows(
    read: &Reading<impl Display>,
    rows: Vec<TagRow>,
) -> Result<Tags, PortError> {
    let entries = rows.into_iter().map(|row| {
        let value = read.known("tags", tag_value(row.value))?;
        Ok((row.key, value))
    });
    let entries = entries.collect::<Result<Vec<_>, PortError>>()?;
    read.parsed("tags", Tags::new(entries))
}

fn tag_value(value: Bson) -> Option<TagValue> {
    match value {
        Bson::String(text) => Some(TagValue::Text(text)),
        Bson::Int64(number) => Some(TagValue::Integer(number)),
        Bson::Int32(number) => Some(TagValue::Integer(number.into())),
        Bson::Double(number) => Some(TagValue::Number(number)),
        Bson::Boolean(flag) => Some(TagValue::Flag(flag)),
        Bson::Null => Some(TagValue::Empty),
        _ => None,
    }
}
