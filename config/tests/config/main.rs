//! The configuration as an operator meets it: layers, names, faults and generated files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aliases;
mod faults;
mod generated;
mod layers;

use std::path::Path;

use tenantry_config::{Config, Dotenv, Loaded, Sources};

/// These variables and nothing else.
fn env(variables: &[(&str, &str)]) -> Sources {
    // The folder of the tests holds no `.env`; every test that has one says so.
    Sources::new(env!("CARGO_MANIFEST_DIR"))
        .dotenv(Dotenv::None)
        .env(variables.iter().copied())
}

fn load(variables: &[(&str, &str)]) -> Config {
    Config::load(&env(variables)).unwrap().config
}

/// The faults as they are printed, or `fine`.
fn faults(sources: &Sources) -> String {
    let result = Config::check(sources);
    result.map_or_else(|problems| problems.to_string(), |()| "fine".to_owned())
}

fn faults_of(variables: &[(&str, &str)]) -> String {
    faults(&env(variables))
}

/// Value and origin that `show` gives for a key.
fn shown(loaded: &Loaded, key: &str) -> (String, String) {
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
