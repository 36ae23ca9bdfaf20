//! The JSON Schema of the configuration, generated from the types of the sections.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::config::Config;

/// The keyword of a `key_file` in the schema; its value is the name of the secret.
pub(crate) const FILE_OF: &str = "x-file-of";

/// Returns the JSON Schema (2020-12) of a configuration file, for editors.
///
/// It requires no key, since a file is only one of several layers.
pub fn schema() -> Value {
    let mut schema = generate();
    make_partial(&mut schema);
    schema
}

/// Returns the schema of the merged configuration, with required keys.
pub(crate) fn generate() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        // `Shape` reads the schema as a tree, without references.
        settings.inline_subschemas = true;
    });
    let root = settings.into_generator().into_root_schema_for::<Config>();
    let mut schema = root.to_value();
    add_secret_files(&mut schema);
    schema
}

/// Adds a sibling `key_file` to each secret `key`.
fn add_secret_files(schema: &mut Value) {
    if let Some(properties) = properties_mut(schema) {
        let secrets: Vec<String> = properties
            .iter()
            .filter(|(_, property)| property["writeOnly"] == true)
            .map(|(name, _)| name.clone())
            .collect();
        for name in secrets {
            let file = json!({
                "type": "string",
                "minLength": 1,
                "description": format!("File that contains `{name}`; a final line break is ignored."),
                FILE_OF: name,
            });
            properties.insert(format!("{name}_file"), file);
        }
    }
    each_child(schema, add_secret_files);
}

fn make_partial(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        object.remove("required");
        // A table without its tag may match several variants.
        if object.get("oneOf").is_some_and(has_tables)
            && let Some(variants) = object.remove("oneOf")
        {
            object.insert("anyOf".to_owned(), variants);
        }
    }
    each_child(schema, make_partial);
}

fn has_tables(variants: &Value) -> bool {
    let variants = variants.as_array().map(Vec::as_slice).unwrap_or_default();
    variants
        .iter()
        .any(|variant| variant.get("properties").is_some())
}

fn properties_mut(schema: &mut Value) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties")?.as_object_mut()
}

fn each_child(schema: &mut Value, visit: fn(&mut Value)) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    for (keyword, value) in object {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(visit),
            ("oneOf" | "anyOf", Value::Array(variants)) => variants.iter_mut().for_each(visit),
            ("items" | "additionalProperties", value) => visit(value),
            _ => {}
        }
    }
}
