//! Tags, kept as a JSON object.

use serde_json::{Map, Number, Value};
use tenantry_application::ports::PortError;
use tenantry_domain::tags::{TagValue, Tags};

use super::Reading;

pub(super) fn to_json(tags: &Tags) -> String {
    let entries = tags.iter().map(|(key, value)| {
        let value = match value {
            TagValue::Text(text) => Value::from(text.as_str()),
            TagValue::Integer(number) => Value::from(*number),
            // A fraction that is not finite is no tag.
            TagValue::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::from),
            TagValue::Flag(flag) => Value::from(*flag),
            TagValue::Empty => Value::Null,
        };
        (key.to_owned(), value)
    });
    Value::Object(entries.collect::<Map<_, _>>()).to_string()
}

pub(super) fn from_json(read: &Reading, json: &str) -> Result<Tags, PortError> {
    let entries: Map<String, Value> =
        serde_json::from_str(json).map_err(|error| read.corrupt("tags", error))?;
    let values: Vec<(String, TagValue)> = entries
        .into_iter()
        .map(|(key, value)| Ok((key, read.known("tags", tag_value(value))?)))
        .collect::<Result<_, PortError>>()?;
    read.parsed("tags", Tags::new(values))
}

fn tag_value(value: Value) -> Option<TagValue> {
    match value {
        Value::String(text) => Some(TagValue::Text(text)),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Some(TagValue::Integer(integer)),
            None => number.as_f64().map(TagValue::Number),
        },
        Value::Bool(flag) => Some(TagValue::Flag(flag)),
        Value::Null => Some(TagValue::Empty),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn tags_come_back_as_they_were() {
        let tags = Tags::new([
            ("text".to_owned(), TagValue::Text("ü".to_owned())),
            ("integer".to_owned(), TagValue::Integer(i64::MIN)),
            ("whole".to_owned(), TagValue::Number(3.0)),
            ("large".to_owned(), TagValue::Number(1e300)),
            ("fraction".to_owned(), TagValue::Number(0.1 + 0.2)),
            (
                "awkward".to_owned(),
                TagValue::Number(5.008_222_848_939_446_5e-5),
            ),
            ("flag".to_owned(), TagValue::Flag(true)),
            ("empty".to_owned(), TagValue::Empty),
        ])
        .expect("tags");
        let read = Reading::of("files", Uuid::nil());
        assert_eq!(from_json(&read, &to_json(&tags)).expect("tags"), tags);
    }
}
