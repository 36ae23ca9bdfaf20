//! Files generated from the types, and examples that must be valid.

use std::fs;
use std::path::Path;

use tenantry_config::{Config, Sources, example, schema};

use super::{env, load, problems, write};

/// The variable that makes the test regenerate the committed file.
const UPDATE: &str = "UPDATE_GENERATED";

/// The directory of secrets in the examples.
const SECRETS: &str = "/etc/tenantry/";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a variable of the test run, not a setting"
)]
fn the_committed_example_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.env.example");
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, example()).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        committed,
        example(),
        ".env.example is outdated; run this test with {UPDATE}=1"
    );
}

/// Returns the variables of the example that have a default, for the default kinds.
fn defaults() -> Vec<(String, String)> {
    let text = example();
    let mut other_kind = false;
    let mut defaults = Vec::new();
    for line in text.lines() {
        if line.starts_with("# ----") {
            other_kind = false;
        } else if let Some(kind) = line.strip_prefix("# With ") {
            let default_kinds = ["KIND=sqlite:", "KIND=local:", "CACHE__KIND=memory:"];
            other_kind = !default_kinds.iter().any(|it| kind.ends_with(it));
        }
        let assignment = line
            .strip_prefix("#TENANTRY_")
            .and_then(|line| line.split_once('='));
        if let Some((name, value)) = assignment
            && !other_kind
            && !value.is_empty()
        {
            let value = value.trim_matches('\'').to_owned();
            defaults.push((format!("TENANTRY_{name}"), value));
        }
    }
    defaults
}

#[test]
fn the_example_shows_the_defaults_of_the_code() {
    let defaults = defaults();
    assert!(defaults.len() > 40, "{defaults:?}");
    let variables: Vec<_> = defaults
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(load(&variables), Config::default());
}

#[test]
fn the_example_is_a_valid_dotenv_file() {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<_> = defaults()
        .iter()
        .map(|(name, value)| format!("{name}='{value}'"))
        .collect();
    write(folder.path(), ".env", &lines.join("\n"));
    let loaded = Config::load(&Sources::new(folder.path())).unwrap();
    assert_eq!(loaded.config, Config::default());
}

/// Writes the files of secrets that an example names: a URL of its kind for `url_file`, otherwise a
/// secret.
fn write_secrets(folder: &Path, example: &str) {
    let mut kind = "";
    for line in example.lines() {
        let Some((key, value)) = line.split_once(" = ") else {
            continue;
        };
        let value = value.trim_matches('"');
        if key == "kind" {
            kind = value;
        }
        if let Some(name) = value.strip_prefix(SECRETS) {
            let text = match key {
                "url_file" => format!("{kind}://u:p@127.0.0.1/tenantry\n"),
                _ => "0123456789abcdef0123456789abcdef\n".to_owned(),
            };
            write(folder, name, &text);
        }
    }
}

#[test]
fn the_examples_are_valid() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = format!("{}/", folder.path().display());
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut count = 0;
    for entry in fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        write_secrets(folder.path(), &text);
        let text = text.replace(SECRETS, &secrets);
        let file = write(folder.path(), "example.toml", &text);
        let sources = env(&[("TENANTRY_PROFILE", "production")]).config_file(Some(file.into()));
        assert_eq!(problems(&sources), "ok", "{}", path.display());
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn default_toml_matches_the_code() {
    assert_eq!(load(&[]), Config::default());
}

#[test]
fn the_schema_describes_secrets_kinds_and_bounds() {
    let schema = schema();
    let properties = &schema["properties"];
    let security = &properties["security"]["properties"];
    assert_eq!(security["secret"]["writeOnly"], true);
    assert_eq!(security["secret_file"]["x-file-of"], "secret");
    assert_eq!(properties["http"]["properties"]["port"]["maximum"], 65535);
    let kinds = properties["database"]["anyOf"].as_array().unwrap();
    assert!(kinds.len() > 1);
    assert!(kinds.iter().all(|kind| kind.get("required").is_none()));
    assert!(!schema.to_string().contains("$ref"));
}
