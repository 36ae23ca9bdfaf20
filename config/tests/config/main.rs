//! Tests of the public interface: layers, aliases, problems and generated files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aliases;
mod generated;
mod layers;
mod passwords;
mod problems;

use std::path::Path;

use tenantry_config::{Config, Dotenv, LoadedConfig, Sources};

/// Returns sources with only these variables.
fn env(variables: &[(&str, &str)]) -> Sources {
    // Tests must not read a developer's `.env`.
    Sources::new(env!("CARGO_MANIFEST_DIR"))
        .dotenv(Dotenv::None)
        .env(variables.iter().copied())
}

fn load(variables: &[(&str, &str)]) -> Config {
    Config::load(&env(variables)).unwrap().config
}

/// Returns the problems as displayed, or `ok`.
fn problems(sources: &Sources) -> String {
    let result = Config::check(sources);
    result.map_or_else(|problems| problems.to_string(), |()| "ok".to_owned())
}

fn problems_of(variables: &[(&str, &str)]) -> String {
    problems(&env(variables))
}

/// Returns the value and the origin that `show` reports for a key.
fn shown(loaded: &LoadedConfig, key: &str) -> (String, String) {
    let settings = loaded.show();
    let setting = settings.into_iter().find(|setting| setting.key == key);
    let setting = setting.unwrap();
    (setting.value, setting.origin)
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
