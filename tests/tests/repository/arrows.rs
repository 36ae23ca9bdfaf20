//! The allowed dependencies between crates.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use crate::{expect_none, tree::root};

const DOMAIN: &str = "tenantry-domain";
const APPLICATION: &str = "tenantry-application";
/// The code that changes directories.
const DISK: &str = "tenantry-disk";
/// The code that the metadata stores share.
const STORE: &str = "tenantry-store";
const TESTS: &str = "tenantry-tests";

/// The allowed dependencies of the two inner crates.
const DOMAIN_USES: &[&str] = &[
    "icu_properties",
    "idna",
    "thiserror",
    "time",
    "unicode-normalization",
    "uuid",
];
const APPLICATION_USES: &[&str] = &[
    DOMAIN,
    "async-trait",
    "bytes",
    "event-listener",
    "futures-util",
    "serde",
    "serde_json",
    "thiserror",
    "tracing",
    "uuid",
];

/// The technologies that the inner crates must not depend on, directly or
/// indirectly.
const RIM: &[&str] = &[
    "hyper",
    "mongodb",
    "object_store",
    "poem",
    "poem-openapi",
    "redis",
    "sea-orm",
    "sqlx",
    "tokio",
];

/// Libraries and the crates that may use them. Blob stores are part of
/// `adapters/blob` even if another adapter uses the same library, so a library
/// may have several homes.
const HOMES: &[(&str, &[&str])] = &[
    ("argon2", &["adapters/crypto"]),
    ("bcrypt", &["adapters/crypto"]),
    ("clap", &["bootstrap"]),
    ("figment", &["config"]),
    ("file-format", &["adapters/media"]),
    ("hyper", &["adapters/http"]),
    ("jsonwebtoken", &["adapters/crypto"]),
    ("mongodb", &["adapters/mongo"]),
    ("multer", &["adapters/http"]),
    ("object_store", &["adapters/blob"]),
    ("poem", &["adapters/http"]),
    ("poem-openapi", &["adapters/http"]),
    ("quick-xml", &["adapters/blob"]),
    ("redis", &["adapters/redis"]),
    (
        "sea-orm",
        &["adapters/mongo", "adapters/sql", "adapters/store"],
    ),
    ("sea-orm-migration", &["adapters/sql"]),
    ("sqlx", &["adapters/sql"]),
];

/// A crate of the workspace.
struct Package {
    name: String,
    /// The folder, relative to the root.
    folder: String,
    /// The dependencies of the crate.
    normal: BTreeSet<String>,
    /// The dependencies including those of tests and build script.
    all: BTreeSet<String>,
}

fn packages() -> Vec<Package> {
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("metadata is JSON");
    let root = format!("{}/", root().display());
    let packages = metadata["packages"].as_array().expect("there are packages");
    packages
        .iter()
        .map(|package| {
            let manifest = string(&package["manifest_path"]);
            let folder = manifest.strip_prefix(&root).expect("it is below the root");
            let dependencies = package["dependencies"].as_array();
            let dependencies = dependencies.expect("there is a list of dependencies");
            let names = dependencies.iter().map(|it| string(&it["name"]).to_owned());
            let normal = dependencies
                .iter()
                .filter(|it| it.get("kind") == Some(&Value::Null));
            Package {
                name: string(&package["name"]).to_owned(),
                folder: folder.trim_end_matches("/Cargo.toml").to_owned(),
                normal: normal.map(|it| string(&it["name"]).to_owned()).collect(),
                all: names.collect(),
            }
        })
        .collect()
}

fn string(value: &Value) -> &str {
    value.as_str().expect("it is a string")
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--offline")
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {stderr}");
    String::from_utf8(output.stdout).expect("cargo speaks UTF-8")
}

/// Returns the name of the crate in a folder.
fn name_for(folder: &str) -> String {
    match folder.strip_prefix("adapters/").unwrap_or(folder) {
        "bootstrap" => "tenantry".to_owned(),
        name => format!("tenantry-{name}"),
    }
}

/// Returns whether the crate of a folder may use another one of the workspace,
/// in its tests too.
fn may_use(folder: &str, other: &str) -> bool {
    match folder {
        "domain" | "config" | "adapters/disk" => false,
        "application" => other == DOMAIN,
        "bootstrap" => other != TESTS,
        "tests" => true,
        "adapters/blob" => [DOMAIN, APPLICATION, DISK].contains(&other),
        "adapters/sql" => [DOMAIN, APPLICATION, DISK, STORE].contains(&other),
        "adapters/memory" | "adapters/mongo" => [DOMAIN, APPLICATION, STORE].contains(&other),
        _ => [DOMAIN, APPLICATION].contains(&other),
    }
}

#[test]
fn crates_are_named_after_their_folders() {
    let findings: Vec<_> = packages()
        .iter()
        .filter(|package| package.name != name_for(&package.folder))
        .map(|package| format!("{}: {}", package.folder, package.name))
        .collect();
    expect_none("crates that are not named after their folders:", &findings);
}

#[test]
fn dependencies_between_crates_point_inwards() {
    let packages = packages();
    let inside: BTreeSet<_> = packages.iter().map(|package| &package.name).collect();
    let mut findings = Vec::new();
    for package in &packages {
        for name in package.all.iter().filter(|name| inside.contains(name)) {
            if !may_use(&package.folder, name) {
                findings.push(format!("{} -> {name}", package.folder));
            }
        }
    }
    expect_none("dependencies that the architecture forbids:", &findings);
}

#[test]
fn inner_crates_have_allowed_dependencies_only() {
    let uses = BTreeMap::from([("domain", DOMAIN_USES), ("application", APPLICATION_USES)]);
    let mut findings = Vec::new();
    for package in packages() {
        let Some(allowed) = uses.get(package.folder.as_str()) else {
            continue;
        };
        for name in &package.normal {
            if !allowed.contains(&name.as_str()) {
                findings.push(format!("{} -> {name}", package.folder));
            }
        }
    }
    expect_none("dependencies that are not allowed:", &findings);
}

#[test]
fn inner_crates_depend_on_no_technology() {
    let mut findings = Vec::new();
    for package in [DOMAIN, APPLICATION] {
        let tree = cargo(&[
            "tree",
            "--package",
            package,
            "--edges=normal",
            "--prefix=none",
            "--format={p}",
        ]);
        let names = tree.lines().filter_map(|line| line.split(' ').next());
        let names: BTreeSet<_> = names.collect();
        assert!(names.contains(package), "the tree is of another crate");
        for name in names.intersection(&RIM.iter().copied().collect()) {
            findings.push(format!("{package} -> … -> {name}"));
        }
    }
    expect_none("technologies used by inner crates:", &findings);
}

#[test]
fn libraries_are_used_only_in_their_homes() {
    let mut packages = packages();
    packages.retain(|package| package.folder != "tests");
    let mut findings = Vec::new();
    for (library, homes) in HOMES {
        for package in &packages {
            let is_home = homes.contains(&package.folder.as_str());
            if package.normal.contains(*library) && !is_home {
                findings.push(format!("{} -> {library}", package.folder));
            }
        }
    }
    expect_none("libraries outside their homes:", &findings);
}
