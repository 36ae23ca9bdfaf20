//! Every file of `config/examples/`: the program serves with it, stores a file
//! and returns it, and finds no inconsistency. The tests change addresses,
//! credentials and secrets only.

#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;
use tenantry_tests::{
    harness::{Actor, ServiceProcess, borrowed, command, until},
    services::{Azurite, Minio, Mongodb, Postgres, Redis, Webdav, free_port},
};

/// The program, built for tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

/// The folder of the examples.
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/examples");

/// The folder of secrets in the examples.
const SECRETS: &str = "/etc/tenantry";

/// The kinds without a server, which a file's name may omit.
const EMBEDDED: [&str; 3] = ["sqlite", "local", "memory"];

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
        let mut section = String::new();
        let mut kinds = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']').replace('.', "__");
            }
            let kind = line.strip_prefix("kind = \"");
            if let Some(kind) = kind.and_then(|kind| kind.strip_suffix('"')) {
                example.use_test_server(&section.to_uppercase(), kind).await;
                kinds.push(kind);
            }
        }
        // Machines without a server skip tests by their names.
        kinds.retain(|kind| !EMBEDDED.contains(kind));
        let expected = case.split('_').filter(|word| !EMBEDDED.contains(word));
        assert_eq!(kinds, expected.collect::<Vec<_>>());
        example
    }

    /// Replaces the operator's server by a test server.
    async fn use_test_server(&mut self, section: &str, kind: &str) {
        match kind {
            _ if EMBEDDED.contains(&kind) => {}
            "postgres" => {
                let url = Postgres::shared().await.fresh().await;
                self.secret("database-url", &url);
            }
            "mongodb" => {
                self.secret("database-url", &Mongodb::shared().await.fresh());
                // The tests share a small server.
                self.set(section, &[("ANSWER_WITHIN_MS", "30000")]);
            }
            "s3" => {
                let minio = Minio::shared().await;
                self.secret("storage-key", minio.secret_access_key());
                let place = [
                    ("ENDPOINT", minio.endpoint()),
                    ("BUCKET", &minio.fresh()),
                    ("ACCESS_KEY_ID", minio.access_key_id()),
                ];
                self.set_storage(section, &place);
            }
            "azure" => {
                let azurite = Azurite::shared().await;
                self.secret("storage-key", &azurite.named("AccountKey"));
                let place = [
                    ("ENDPOINT", &*azurite.named("BlobEndpoint")),
                    ("ACCOUNT", &azurite.named("AccountName")),
                    ("CONTAINER", &azurite.fresh()),
                ];
                self.set_storage(section, &place);
            }
            "webdav" => {
                let webdav = Webdav::shared().await;
                self.secret("storage-key", webdav.password());
                let url = webdav.fresh();
                let place = [("URL", url.as_str()), ("USERNAME", webdav.username())];
                self.set_storage(section, &place);
            }
            "redis" => {
                let place = Redis::shared().await.fresh();
                self.secret("redis-url", &place.url);
                self.set(section, &[("NAMESPACE", &place.namespace)]);
            }
            other => panic!("no test server for {other}"),
        }
    }

    /// Sets a place on a test server, which has no TLS and where nothing exists
    /// yet.
    fn set_storage(&mut self, section: &str, place: &[(&str, &str)]) {
        self.set(section, place);
        self.set(section, &[("ALLOW_HTTP", "true"), ("CREATE", "true")]);
    }

    fn set(&mut self, section: &str, values: &[(&str, &str)]) {
        for (key, value) in values {
            let name = format!("TENANTRY_{section}__{key}");
            self.settings.push((name, (*value).to_owned()));
        }
    }

    /// Writes a secret to the path that the file names.
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
