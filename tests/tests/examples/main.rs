//! Every file of `config/examples/`: the program serves with it, stores a file
//! and returns it, and finds no inconsistency. The tests change addresses,
//! credentials and secrets only.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;
use tenantry_tests::{
    harness::{
        Actor, Provider, Section, ServiceProcess, borrowed, command,
        providers::{PROVIDERS, provider},
        until,
    },
    services::free_port,
};

/// The program, built for tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

/// The folder of the examples.
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/examples");

/// The folder of secrets in the examples.
const SECRETS: &str = "/etc/tenantry";

/// A test for each file, of the same name.
macro_rules! examples {
    ($($case:ident)*) => {
        const CASES: &[&str] = &[$(stringify!($case)),*];

        $(
            #[tokio::test]
            async fn $case() {
                serves_files(stringify!($case)).await;
            }
        )*
    };
}

examples! {
    mongodb_azure_redis
    mongodb_local
    mongodb_s3_redis
    postgres_azure_redis
    postgres_local
    postgres_redis
    postgres_s3_redis
    sqlite_azure
    sqlite_local
    sqlite_local_s3
    sqlite_s3
    sqlite_webdav
}

#[test]
fn every_file_has_a_test() {
    let entries = fs::read_dir(EXAMPLES).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let files = paths.filter(|path| path.extension().is_some_and(|it| it == "toml"));
    let mut cases: Vec<_> = files
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy();
            name.replace('-', "_")
        })
        .collect();
    cases.sort();
    assert_eq!(cases, CASES);
}

async fn serves_files(case: &str) {
    let example = Example::prepare(case).await;
    let mut process = ServiceProcess::of(example.command());
    let anyone = process.anonymous();
    until("the service is ready", async || {
        (anyone.get("/health/ready").await.status == 200).then_some(())
    })
    .await;

    let owner = Actor::register(process.base(), "acme").await;
    let file = owner.upload_ready("a.txt", "text/plain", "one").await;
    assert_eq!(file["status"], "ready", "{file}");
    let id = file["id"].as_str().expect("an id");
    assert_eq!(owner.download(id).await.expect(200).body, "one");

    process.terminate();
    let ended = until("the service has stopped", async || process.exit_status()).await;
    assert!(ended.success(), "{ended}");
    let checked = example.command().arg("fsck").output().expect("a process");
    let output = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{output}");
    assert!(output.contains("1 versions, 1 blobs"), "{output}");
}

/// An example, with its temporary folder and settings.
struct Example {
    file: PathBuf,
    folder: TempDir,
    settings: Vec<(String, String)>,
}

impl Example {
    async fn prepare(case: &str) -> Self {
        let name = format!("{}.toml", case.replace('_', "-"));
        let text = fs::read_to_string(Path::new(EXAMPLES).join(&name)).expect("an example");
        let folder = tempfile::tempdir().expect("a folder");
        let mut example = Self {
            file: folder.path().join(name),
            folder,
            settings: Vec::new(),
        };
        let secrets = example.secrets();
        fs::create_dir(&secrets).expect("a folder");
        let secrets = secrets.to_str().expect("a path");
        fs::write(&example.file, text.replace(SECRETS, secrets)).expect("written");

        example.secret("secret", "0123456789abcdef0123456789abcdef");
        let port = free_port().to_string();
        let url = format!("http://127.0.0.1:{port}");
        example.set("HTTP", &[("PORT", &port), ("PUBLIC_URL", &url)]);
        example.set("LOG", &[("LEVEL", "error")]);
        let mut kinds = Vec::new();
        for (table, lines) in tables(&text) {
            let kind = lines
                .iter()
                .find_map(|(key, value)| (*key == "kind").then_some(*value));
            let Some(section) = Section::of_table(table).filter(|_| kind.is_some()) else {
                continue;
            };
            let provider = provider(section, kind.unwrap_or_default());
            // The names of tests contain the kinds with servers, since tests are
            // skipped by name if a server is missing.
            if provider.server.is_some() {
                example.use_server(table, &lines, provider).await;
                kinds.push(provider.kind);
            }
        }
        let embedded = |word: &&str| {
            let mut providers = PROVIDERS.iter();
            providers.any(|it| it.server.is_none() && it.kind == *word)
        };
        let named = case.split('_').filter(|word| !embedded(word));
        assert_eq!(kinds, named.collect::<Vec<_>>());
        example
    }

    /// Replaces addresses, logins and secrets by those of a server of the tests.
    async fn use_server(&mut self, table: &str, lines: &[(&str, &str)], provider: &Provider) {
        let namespace = provider.namespace_under_load().await;
        let section = table.replace('.', "__").to_uppercase();
        for (key, value) in &namespace.settings {
            let file = format!("{}_file", key.to_lowercase());
            let file = lines.iter().find(|(key, _)| *key == file);
            match file.and_then(|(_, path)| path.strip_prefix(SECRETS)) {
                Some(name) => self.secret(name.trim_start_matches('/'), value),
                None if *key == "KIND" => {}
                None => self.set(&section, &[(key, value)]),
            }
        }
    }

    fn set(&mut self, section: &str, values: &[(&str, &str)]) {
        for (key, value) in values {
            let name = format!("TENANTRY_{section}__{key}");
            self.settings.push((name, (*value).to_owned()));
        }
    }

    /// Writes a file of secrets.
    fn secret(&self, name: &str, text: &str) {
        fs::write(self.secrets().join(name), format!("{text}\n")).expect("written");
    }

    fn secrets(&self) -> PathBuf {
        self.folder.path().join("secrets")
    }

    /// Returns a command of the program with the file.
    fn command(&self) -> Command {
        let data = self.folder.path();
        let mut command = command(PROGRAM, data, &borrowed(&self.settings));
        command.env("TENANTRY_PROFILE", "production");
        command.arg("--config").arg(&self.file);
        command
    }
}

/// Returns the tables of a TOML file with their keys and unquoted values.
fn tables(text: &str) -> Vec<(&str, Vec<(&str, &str)>)> {
    let mut tables = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            tables.push((name.trim_end_matches(']'), Vec::new()));
        } else if let (Some((_, keys)), Some((key, value))) =
            (tables.last_mut(), line.split_once(" = "))
        {
            keys.push((key, value.trim_matches('"')));
        }
    }
    tables
}
