//! No start prints a password: the drivers and their logs, for every secret.

use futures_util::future::join_all;
use serde_json::Value;
use tenantry::Service;
use tenantry_config::{Config, Dotenv, Sources, schema};

use crate::thread_log::Log;

/// A key with its kind, `*` for the password in its value, and further settings.
struct Case {
    key: &'static str,
    kind: &'static str,
    value: &'static str,
    settings: &'static [(&'static str, &'static str)],
}

const fn case(key: &'static str, kind: &'static str, value: &'static str) -> Case {
    Case {
        key,
        kind,
        value,
        settings: &[],
    }
}

impl Case {
    const fn with(mut self, settings: &'static [(&'static str, &'static str)]) -> Self {
        self.settings = settings;
        self
    }
}

/// No server listens there.
const NOWHERE: &str = "http://127.0.0.1:1/x";
const POSTGRES: &str = "postgres://app:*@127.0.0.1:1/db";
const S3: &[(&str, &str)] = &[
    ("STORAGE__BUCKET", "b"),
    ("STORAGE__ENDPOINT", NOWHERE),
    ("STORAGE__ALLOW_HTTP", "true"),
    ("STORAGE__ACCESS_KEY_ID", "a"),
    ("STORAGE__SECRET_ACCESS_KEY", "secret"),
];
const AZURE: &[(&str, &str)] = &[
    ("STORAGE__CONTAINER", "c"),
    ("STORAGE__ACCOUNT", "a"),
    ("STORAGE__ENDPOINT", NOWHERE),
    ("STORAGE__ALLOW_HTTP", "true"),
];
const WEBDAV: &[(&str, &str)] = &[
    ("STORAGE__URL", NOWHERE),
    ("STORAGE__USERNAME", "u"),
    ("STORAGE__ALLOW_HTTP", "true"),
];

const CASES: &[Case] = &[
    case("cache.url", "redis", "redis://app:*@127.0.0.1:1/0"),
    // Its path is no secret.
    case("database.url", "sqlite", "sqlite::memory:"),
    case("database.url", "postgres", POSTGRES),
    case("database.migrate_url", "postgres", POSTGRES)
        .with(&[("DATABASE__URL", "postgres://127.0.0.1:1/db")]),
    case("database.url", "mongodb", "mongodb://app:*@127.0.0.1:1/db"),
    case("http.public_url", "", "https://app:*@127.0.0.1"),
    case(
        "security.keys[].secret",
        "",
        r#"[{"kid": "a", "algorithm": "HS256", "secret": "*"}]"#,
    )
    .with(&[("SECURITY__ALGORITHM", "HS256")]),
    case("security.refresh_token_pepper", "", "*"),
    case("security.secret", "", "*"),
    case("seed.admin_password", "", "*").with(&[("SEED__ADMIN_EMAIL", "a@example.com")]),
    case("storage.endpoint", "s3", "http://app:*@127.0.0.1:1").with(S3),
    case("storage.public_endpoint", "s3", "http://app:*@127.0.0.1:1").with(S3),
    case("storage.secret_access_key", "s3", "*").with(S3),
    case("storage.session_token", "s3", "*").with(S3),
    case("storage.access_key", "azure", "*").with(AZURE),
    case(
        "storage.connection_string",
        "azure",
        "AccountName=a;AccountKey=*;BlobEndpoint=http://127.0.0.1:1/x",
    )
    .with(AZURE),
    case("storage.endpoint", "azure", "http://app:*@127.0.0.1:1").with(AZURE),
    case(
        "storage.public_endpoint",
        "azure",
        "http://app:*@127.0.0.1:1",
    )
    .with(AZURE),
    case("storage.sas", "azure", "sv=1&sig=*").with(AZURE),
    case("storage.password", "webdav", "*").with(WEBDAV),
    case("storage.url", "webdav", "http://app:*@127.0.0.1:1").with(WEBDAV),
    case("telemetry.otlp_endpoint", "", "http://app:*@127.0.0.1:1"),
];

/// Lists the keys of secrets and URLs with their kinds. `storages` has those of
/// `storage`.
fn keys(path: &str, kind: &str, schema: &Value, found: &mut Vec<(String, String)>) {
    let variants = ["oneOf", "anyOf"]
        .iter()
        .filter_map(|word| schema[word].as_array());
    for variant in variants.flatten() {
        let kind = variant["properties"]["kind"]["const"]
            .as_str()
            .unwrap_or(kind);
        keys(path, kind, variant, found);
    }
    if schema["items"].is_object() {
        keys(&format!("{path}[]"), kind, &schema["items"], found);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let key = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        if property["writeOnly"] == true || property["format"] == "uri" {
            found.push((key, kind.to_owned()));
        } else {
            keys(&key, kind, property, found);
        }
    }
}

/// Returns the keys of secrets and URLs with their kinds.
pub(crate) fn secret_keys() -> Vec<(String, String)> {
    let mut found = Vec::new();
    keys("", "", &schema(), &mut found);
    found
}

#[test]
fn every_secret_has_a_case() {
    let mut found = secret_keys();
    let mut cases: Vec<_> = CASES
        .iter()
        .map(|case| (case.key.to_owned(), case.kind.to_owned()))
        .collect();
    found.sort();
    cases.sort();
    assert_eq!(found, cases);
}

/// Returns passwords with each character that has a meaning in URLs or files.
fn passwords() -> Vec<String> {
    let odd = "#/?@:%&=+ \\\"'`$[]{}<>|^~!*();,.-_"
        .chars()
        .map(String::from);
    let longer = [
        "%40", "%zz", "%ff", "//", "://", "@@", "#?", "?a=b", ":1@", "é", "🔑", "${A}",
    ];
    let odd = odd.chain(longer.map(str::to_owned));
    odd.map(|odd| format!("q7Vx{odd}Zk9w")).collect()
}

/// Returns the error of a start, if it fails.
async fn start(case: &Case, password: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let variable = |key: &str| {
        key.replace("[].secret", "")
            .replace('.', "__")
            .to_uppercase()
    };
    let mut settings: Vec<(String, String)> = case
        .settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    settings.retain(|(key, _)| *key != variable(case.key));
    let value = if case.value.starts_with('[') {
        case.value
            .replace('*', &password.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        case.value.replace('*', password)
    };
    settings.push((variable(case.key), value));
    let (section, _) = case.key.split_once('.').expect("a section");
    if !case.kind.is_empty() {
        settings.push((
            format!("{section}__kind").to_uppercase(),
            case.kind.to_owned(),
        ));
        let wait = format!("{section}__connect_wait_seconds").to_uppercase();
        if section != "cache" {
            settings.push((wait, "0".to_owned()));
        }
    }
    if case.kind == "azure" && case.key == "storage.connection_string" {
        settings.retain(|(key, _)| key != "STORAGE__ACCOUNT" && key != "STORAGE__ENDPOINT");
    }
    if case.kind == "azure" && case.key.ends_with("endpoint") {
        settings.push(("STORAGE__ACCESS_KEY".to_owned(), "a2V5".to_owned()));
    }
    if case.kind == "webdav" && case.key == "storage.url" {
        settings.push(("STORAGE__PASSWORD".to_owned(), "p".to_owned()));
    }
    let settings = settings
        .into_iter()
        .map(|(key, value)| (format!("TENANTRY_{key}"), value));
    let data = folder
        .path()
        .to_str()
        .expect("a folder in UTF-8")
        .to_owned();
    let fixed = [
        ("TENANTRY_PROFILE", "testing".to_owned()),
        ("TENANTRY_APP__DATA", data),
    ];
    let fixed = fixed.map(|(key, value)| (key.to_owned(), value));
    let sources = Sources::new(folder.path())
        .env(fixed.into_iter().chain(settings))
        .dotenv(Dotenv::None);
    match Config::load(&sources) {
        Err(problems) => problems.to_string(),
        Ok(loaded) => match Service::open(loaded.config).await {
            Err(error) => format!("{error}{error:?}"),
            Ok(service) => {
                service.close().await.expect("closed");
                String::new()
            }
        },
    }
}

#[tokio::test]
async fn no_start_prints_a_part_of_a_password() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .finish();
    // The runtime of the test runs on this thread alone.
    let _guard = tracing::subscriber::set_default(subscriber);
    assert!(passwords().len() >= 40);
    let mut logged = 0;
    for case in CASES {
        let passwords = passwords();
        let starts = passwords.iter().map(|password| start(case, password));
        let errors = join_all(starts).await.join("\n");
        // Each line is read once.
        let text = log.take();
        logged += text.len();
        for output in [errors, text] {
            for line in output.lines() {
                for part in passwords.iter().flat_map(|password| parts(password)) {
                    assert!(!line.contains(&part), "{} {}: {line}", case.key, case.kind);
                }
            }
        }
    }
    assert_ne!(logged, 0, "the starts have logged nothing");
}

/// Returns every part of four characters with a letter of the password.
fn parts(password: &str) -> Vec<String> {
    let letters: Vec<char> = password.chars().collect();
    let parts = letters
        .windows(4)
        .map(|part| part.iter().collect::<String>());
    parts
        .filter(|part| part.contains(|c: char| c.is_ascii_alphanumeric()))
        .collect()
}
