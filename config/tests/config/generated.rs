//! Files made from the types, and files that must fit them.

use std::fs;
use std::path::Path;

use tenantry_config::{Config, Sources, example, schema};

use super::{env, faults, load, write};

/// Set to write the committed file anew.
const UPDATE: &str = "UPDATE_GENERATED";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "who runs the test says whether it writes"
)]
fn the_committed_example_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.env.example");
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, example()).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, example(), "run this test once with {UPDATE}=1");
}

/// The variables with a default, up to those that need another kind than the default one.
fn defaults() -> Vec<(String, String)> {
    let text = example();
    let mut other_kind = false;
    let mut defaults = Vec::new();
    for line in text.lines() {
        if line.starts_with("# ----") {
            other_kind = false;
        } else if let Some(kind) = line.strip_prefix("# With ") {
            let own = ["KIND=sqlite:", "KIND=local:", "CACHE__KIND=memory:"];
            other_kind = !own.iter().any(|own| kind.ends_with(own));
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
fn the_defaults_of_the_example_are_those_of_the_code() {
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

#[test]
fn the_examples_fit() {
    let folder = tempfile::tempdir().unwrap();
    let secret = write(
        folder.path(),
        "secret",
        "0123456789abcdef0123456789abcdef\n",
    );
    let cache = write(folder.path(), "cache", "redis://:p@127.0.0.1:6379/0\n");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut seen = 0;
    for entry in fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let is_mongodb = text.contains("kind = \"mongodb\"");
        let scheme = if is_mongodb { "mongodb" } else { "postgres" };
        let url = format!("{scheme}://u:p@127.0.0.1/tenantry\n");
        let url = write(folder.path(), "url", &url);
        // Where secrets lie on the operator's machine.
        let text = text
            .replace("/etc/tenantry/secret", &secret)
            .replace("/etc/tenantry/storage-key", &secret)
            .replace("/etc/tenantry/database-url", &url)
            .replace("/etc/tenantry/redis-url", &cache);
        let file = write(folder.path(), "example.toml", &text);
        let sources = env(&[("TENANTRY_PROFILE", "production")]).config_file(Some(file.into()));
        assert_eq!(faults(&sources), "fine", "{}", path.display());
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn default_toml_agrees_with_the_code() {
    assert_eq!(load(&[]), Config::default());
}

#[test]
fn the_schema_knows_secrets_kinds_and_bounds() {
    let schema = schema();
    let properties = &schema["properties"];
    let security = &properties["security"]["properties"];
    assert_eq!(security["secret"]["writeOnly"], true);
    assert_eq!(security["secret_file"]["x-file-of"], "secret");
    assert_eq!(properties["http"]["properties"]["port"]["maximum"], 65535);
    let kinds = properties["database"]["anyOf"].as_array().unwrap();
    assert_eq!(kinds.len(), 3);
    assert!(kinds.iter().all(|kind| kind.get("required").is_none()));
    assert!(!schema.to_string().contains("$ref"));
}
