use poem_openapi::{Enum, Object};
use serde_json::json;
use uuid::Uuid;

use super::*;

#[derive(Debug, Enum)]
#[oai(rename_all = "lowercase")]
enum Colour {
    Red,
    Green,
}

#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
struct Part {
    #[oai(validator(max_length = 3))]
    name: String,
}

#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
struct Whole {
    #[oai(validator(minimum(value = "1"), maximum(value = "9")))]
    count: u32,
    colour: Colour,
    parts: Vec<Part>,
    note: Option<String>,
    id: Option<Uuid>,
    #[oai(validator(max_properties = 1))]
    labels: Option<BTreeMap<String, u32>>,
}

fn errors(value: &Value) -> Vec<String> {
    let parsed = Parsed {
        value: value.clone(),
        rounded: Vec::new(),
    };
    let problems = parse::<Whole>(parsed).err().unwrap_or_default();
    problems
        .into_iter()
        .map(|problem| format!("{} {}", problem.field, problem.code))
        .collect()
}

#[test]
fn every_invalid_field_is_reported() {
    let valid = json!({"count": 1, "colour": "red", "parts": [{"name": "a"}]});
    assert!(errors(&valid).is_empty());
    for (value, expected) in [
        (json!([]), vec!["body invalid_type"]),
        (
            json!({}),
            vec!["count required", "colour required", "parts required"],
        ),
        (
            json!({"count": 10, "colour": "blue", "parts": [], "more": 1}),
            vec![
                "colour invalid_choice",
                "count out_of_range",
                "more unknown_field",
            ],
        ),
        (
            json!({"count": 1.5, "colour": "red", "parts": [{"name": "a"}, {"name": "abcd"}], "note": 1}),
            vec![
                "count invalid_type",
                "note invalid_type",
                "parts.1.name too_long",
            ],
        ),
        (
            json!({"count": 1, "colour": "green", "parts": [], "id": "7"}),
            vec!["id invalid_format"],
        ),
        (
            json!({"count": 1, "colour": "green", "parts": [], "labels": {"a": 1, "b": 2}}),
            vec!["labels too_many"],
        ),
        (
            json!({"count": null, "colour": "green", "parts": [], "note": null}),
            vec!["count required", "note invalid_type"],
        ),
    ] {
        assert_eq!(errors(&value), expected, "{value}");
    }
}
