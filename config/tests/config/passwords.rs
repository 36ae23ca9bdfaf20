//! No error and no output contains a password, wherever it is.

use serde_json::{Value, json};
use tenantry_config::{Config, LoadedConfig, schema};

use super::env;

/// A key that holds a secret or a URL, in a section of one kind.
struct Place {
    key: String,
    kind: Option<(String, String)>,
    is_url: bool,
    /// The property of the elements, if the key is a list.
    element: Option<String>,
    required: Vec<(String, Value)>,
}

/// Returns passwords around each character that has a meaning in URLs, files or shells.
fn passwords() -> Vec<String> {
    let odd = [
        "#",
        "/",
        "?",
        "@",
        ":",
        "%",
        "&",
        "=",
        "+",
        " ",
        "\\",
        "\"",
        "'",
        "`",
        "$",
        "${HOME}",
        "[",
        "]",
        "{",
        "}",
        "<",
        ">",
        "|",
        "^",
        "~",
        "!",
        "*",
        "(",
        ")",
        ";",
        ",",
        ".",
        "-",
        "_",
        "%40",
        "%zz",
        "%ff",
        "//",
        "://",
        "@@",
        "#?",
        "?a=b",
        "?a=@",
        "/@",
        ":1@",
        "\u{e9}",
        "\u{1f511}",
        "%00",
        "[::1]",
        "@h:5432/db",
        "\t",
    ];
    odd.iter().map(|odd| format!("q7Vx{odd}Zk9w")).collect()
}

/// Lists the keys of secrets and URLs from the schema.
fn places() -> Vec<Place> {
    let mut places = Vec::new();
    collect("", None, &schema(), &mut places);
    places
}

fn collect(path: &str, kind: Option<&(String, String)>, schema: &Value, places: &mut Vec<Place>) {
    let tables = ["oneOf", "anyOf"]
        .iter()
        .filter_map(|word| schema[word].as_array());
    for variant in tables.flatten() {
        let tag = variant["properties"]["kind"]["const"].as_str();
        let kind = tag.map(|tag| (format!("{path}.kind"), tag.to_owned()));
        collect(path, kind.as_ref(), variant, places);
    }
    if schema["additionalProperties"].is_object() {
        collect(
            &format!("{path}.any"),
            None,
            &schema["additionalProperties"],
            places,
        );
    }
    if schema["items"].is_object() {
        let mut elements = Vec::new();
        collect("", None, &schema["items"], &mut elements);
        places.extend(elements.into_iter().map(|element| Place {
            key: path.to_owned(),
            element: Some(element.key),
            ..element
        }));
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    for (name, property) in properties {
        let key = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let is_url = property["format"] == "uri";
        if property["writeOnly"] == true || is_url {
            let required = neighbours(path, schema, name);
            places.push(Place {
                key,
                kind: kind.cloned(),
                is_url,
                element: None,
                required,
            });
        } else {
            collect(&key, kind, property, places);
        }
    }
}

/// Returns values for the other keys of a table.
fn neighbours(path: &str, schema: &Value, without: &str) -> Vec<(String, Value)> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let texts = properties.filter(|(name, property)| {
        *name != without
            && ["bucket", "container"].contains(&name.as_str())
            && property["type"] == "string"
    });
    texts
        .map(|(name, _)| (format!("{path}.{name}"), "x".into()))
        .collect()
}

fn variable(key: &str) -> String {
    format!("TENANTRY_{}", key.to_uppercase().replace('.', "__"))
}

/// Returns the texts that contain a password at a place.
fn texts(place: &Place, password: &str) -> Vec<String> {
    if place.is_url {
        return vec![format!("https://app:{password}@127.0.0.1:1/x")];
    }
    let kind = place.kind.as_ref().map(|(_, kind)| kind.as_str());
    let is_url = place.key.ends_with("url");
    let (Some(scheme @ ("postgres" | "mongodb" | "redis")), true) = (kind, is_url) else {
        return vec![password.to_owned()];
    };
    let mut texts = vec![
        format!("{scheme}://app:{password}@127.0.0.1:1/db"),
        format!("{scheme}://127.0.0.1:1/db?password={password}"),
        password.to_owned(),
    ];
    // With a colon it begins with the name of a user.
    if !password.contains(':') {
        texts.push(format!("{scheme}://{password}@127.0.0.1:1/db"));
    }
    texts
}

#[test]
fn no_output_contains_a_part_of_a_password() {
    let places = places();
    for section in [
        "security",
        "seed",
        "database",
        "cache",
        "storage",
        "storages",
        "telemetry",
        "http",
    ] {
        let mut keys = places.iter().map(|place| place.key.as_str());
        assert!(
            keys.any(|key| key.split('.').next() == Some(section)),
            "{section}"
        );
    }
    assert!(places.iter().any(|place| place.element.is_some()));
    assert!(passwords().len() >= 40);
    for place in &places {
        for password in passwords() {
            for text in texts(place, &password) {
                let output = output(place, &text);
                for part in parts(&password) {
                    assert!(!output.contains(&part), "{}: {text}: {output}", place.key);
                }
            }
        }
    }
}

/// Returns every part of four characters that is not an ordinary text.
fn parts(password: &str) -> Vec<String> {
    let letters: Vec<char> = password.chars().collect();
    let parts = letters
        .windows(4)
        .map(|part| part.iter().collect::<String>());
    parts
        .filter(|part| part.contains(['q', '7', 'V', 'x', 'Z', 'k', '9', 'w']))
        .collect()
}

/// Returns everything that the commands print with the text at a place.
fn output(place: &Place, text: &str) -> String {
    let value = match &place.element {
        Some(name) => json!([{ "kid": "a", "algorithm": "HS256", name: text }]).to_string(),
        None => text.to_owned(),
    };
    let mut variables = vec![(variable(&place.key), value)];
    if let Some((key, kind)) = &place.kind {
        variables.push((variable(key), kind.clone()));
    }
    let required = place.required.iter();
    variables.extend(
        required.map(|(key, value)| (variable(key), value.as_str().unwrap_or_default().to_owned())),
    );
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let sources = env(&variables);
    let loaded = match Config::load(&sources) {
        Ok(loaded) => format!("{loaded:?}{:?}", loaded.config),
        Err(problems) => format!("{problems}{problems:?}"),
    };
    let read = LoadedConfig::read(&sources).map(|read| format!("{read:?}{:?}", read.show()));
    format!("{sources:?}{loaded}{}", read.unwrap_or_default())
}
