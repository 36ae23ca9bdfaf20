//! PostgreSQL.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use rcgen::generate_simple_self_signed;
use sqlx::{Connection, PgConnection};
use tokio::sync::OnceCell;

use super::{
    Namespace, TestServer,
    child::{Owner, Server, as_owner, make_private},
    cleanup::remove_at_exit,
    free_port, given,
};
use crate::wait::until;

/// The variable that names another server, by its URL.
pub(super) const URL: &str = "TENANTRY_TEST_POSTGRES_URL";

/// The mode of a separate server.
#[derive(Default)]
struct Mode {
    /// Whether acknowledged writes are durable.
    is_durable: bool,
    /// Whether it is a standby, which is read-only.
    is_standby: bool,
    /// Files with the certificate and the key of TLS.
    keys: Option<[(&'static str, String); 2]>,
}

/// A server.
pub struct Postgres {
    url: String,
    server: Option<Server>,
    schemas: AtomicU32,
}

impl Postgres {
    /// Returns the server of this run.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Postgres> = OnceCell::const_new();
        SHARED.get_or_init(Self::find).await
    }

    async fn find() -> Self {
        let found = match given(URL) {
            Some(url) => Self {
                url,
                server: None,
                schemas: AtomicU32::new(0),
            },
            None => Self::start(Mode::default()),
        };
        found.wait_until_ready().await;
        found
    }

    /// Starts a separate server with durable commits, for measurements.
    pub async fn durable() -> Self {
        Self::separate(Mode {
            is_durable: true,
            ..Mode::default()
        })
        .await
    }

    /// Starts a separate server, on which no other test creates roles.
    pub async fn own() -> Self {
        Self::separate(Mode::default()).await
    }

    /// Starts a separate server that is a standby.
    pub async fn standby() -> Self {
        Self::separate(Mode {
            is_standby: true,
            ..Mode::default()
        })
        .await
    }

    async fn separate(mode: Mode) -> Self {
        let server = Self::start(mode);
        server.wait_until_ready().await;
        server
    }

    /// Starts a separate server with TLS. Returns the certificate of its unknown
    /// authority as well.
    pub async fn with_tls() -> (Self, String) {
        let signed = generate_simple_self_signed(["127.0.0.1".to_owned()]);
        let signed = signed.expect("a certificate");
        let certificate = signed.cert.pem();
        let keys = [
            ("server.crt", certificate.clone()),
            ("server.key", signed.signing_key.serialize_pem()),
        ];
        let mode = Mode {
            keys: Some(keys),
            ..Mode::default()
        };
        (Self::separate(mode).await, certificate)
    }

    /// Returns a client program of the server.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let mut programs = folders().into_iter().map(|folder| folder.join(name));
        programs.rfind(|program| program.is_file())
    }

    fn start(mode: Mode) -> Self {
        let programs = programs().unwrap_or_else(|| {
            panic!("PostgreSQL is missing: run `apt-get install postgresql`, or set {URL}")
        });
        let owner = unprivileged();
        let port = free_port();
        let server = Server::start(owner, |folder| {
            let data = folder.join("data");
            let mut init = Command::new(programs.join("initdb"));
            init.arg("--pgdata").arg(&data).args([
                "--username=tenantry",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
            ]);
            as_owner(&mut init, owner);
            let output = init.output().expect("initdb");
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "initdb: {stderr}");
            let mut server = Command::new(programs.join("postgres"));
            server.arg("-D").arg(&data).args(["-p", &port.to_string()]);
            server.arg("-k").arg(folder).args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "max_connections=400",
            ]);
            if !mode.is_durable {
                server.args(["-c", "fsync=off"]);
            }
            if mode.is_standby {
                std::fs::write(data.join("standby.signal"), "").expect("written");
            }
            if let Some(keys) = mode.keys {
                // The default paths of the server.
                for (name, text) in keys {
                    let file = data.join(name);
                    std::fs::write(&file, text).expect("written");
                    make_private(&file, 0o600, owner);
                }
                server.args(["-c", "ssl=on"]);
            }
            server
        });
        Self {
            url: format!("postgres://tenantry@127.0.0.1:{port}/postgres"),
            server: Some(server),
            schemas: AtomicU32::new(0),
        }
    }

    async fn wait_until_ready(&self) {
        let connected = until("PostgreSQL responds", async || {
            PgConnection::connect(&self.url).await.ok()
        });
        let connected = tokio::time::timeout(std::time::Duration::from_mins(1), connected).await;
        let Ok(connection) = connected else {
            let log = self.server.as_ref().map(Server::log).unwrap_or_default();
            panic!("PostgreSQL does not respond: {log}");
        };
        connection.close().await.expect("closed");
    }

    /// Creates a schema and returns its URL.
    pub async fn fresh(&self) -> String {
        let schema = self.name();
        self.run(format!("CREATE SCHEMA {schema}")).await;
        within(&self.url, &schema)
    }

    /// Creates a schema for two restricted users and returns their URLs: the
    /// owner, who may create roles, and a user who may sign in only.
    pub async fn fresh_of_two(&self) -> (String, String) {
        let schema = self.name();
        self.run(format!(
            "CREATE ROLE {schema}_owner LOGIN CREATEROLE; CREATE ROLE {schema}_guest LOGIN; \
             CREATE SCHEMA {schema} AUTHORIZATION {schema}_owner"
        ))
        .await;
        let url = within(&self.url, &schema);
        let (_, server) = url.split_once('@').expect("a URL with a login");
        let of = |login: &str| format!("postgres://{schema}_{login}@{server}");
        (of("owner"), of("guest"))
    }

    /// Returns its version.
    pub async fn version(&self) -> String {
        let mut connection = PgConnection::connect(&self.url).await.expect("connected");
        let version = sqlx::query_scalar::<_, String>("SHOW server_version");
        let version = version.fetch_one(&mut connection).await.expect("a version");
        connection.close().await.expect("closed");
        // "15.14 (Debian 15.14-0+deb12u1)"
        version.split(' ').next().unwrap_or_default().to_owned()
    }

    fn name(&self) -> String {
        let number = self.schemas.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}_{number}", std::process::id());
        remove_at_exit(URL, &name);
        name
    }

    /// Returns the URL of its first database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the folder with the socket of a separate server.
    pub fn socket_folder(&self) -> &Path {
        self.server.as_ref().expect("a separate server").folder()
    }

    /// Runs statements as the administrator.
    pub async fn run(&self, sql: impl Into<String>) {
        let sql = sql.into();
        let mut connection = PgConnection::connect(&self.url).await.expect("connected");
        let run = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection);
        run.await.expect("done");
        connection.close().await.expect("closed");
    }
}

fn within(url: &str, schema: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}options=-c%20search_path%3D{schema}")
}

/// Returns the folder of the server's programs.
fn programs() -> Option<PathBuf> {
    let has_both = |folder: &PathBuf| {
        let is_there = |name: &str| Path::new(folder).join(name).is_file();
        is_there("initdb") && is_there("postgres")
    };
    folders().into_iter().rfind(has_both)
}

/// Returns the folders that may have the programs: those of Debian, then the
/// path.
fn folders() -> Vec<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let debian = versions.into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.push("/usr/local/bin".into());
    folders.push("/usr/bin".into());
    folders
}

/// Returns another user than root, as which the servers refuse to run.
pub(super) fn unprivileged() -> Option<Owner> {
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let owner = is_root.then(|| Owner::named("postgres").or(Owner::named("nobody")));
    owner.flatten()
}

#[async_trait]
impl TestServer for Postgres {
    async fn version(&self) -> String {
        Self::version(self).await
    }

    async fn namespace(&self) -> Namespace {
        let name = self.name();
        self.run(format!("CREATE SCHEMA {name}")).await;
        let url = within(&self.url, &name);
        Namespace {
            name,
            settings: vec![("URL", url)],
        }
    }

    async fn remove(&self, name: &str) -> bool {
        let mut connection = PgConnection::connect(&self.url).await.expect("connected");
        let exists = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";
        let exists = sqlx::query_scalar::<_, bool>(exists).bind(name);
        let exists = exists.fetch_one(&mut connection).await;
        connection.close().await.expect("closed");
        // The roles of `fresh_of_two`, which own objects of the schema.
        self.run(format!(
            "DROP SCHEMA IF EXISTS {name} CASCADE;
             DO $$ DECLARE it text; BEGIN
                 FOREACH it IN ARRAY ARRAY['{name}_owner', '{name}_guest'] LOOP
                     IF EXISTS (SELECT FROM pg_roles WHERE rolname = it) THEN
                         EXECUTE format('DROP OWNED BY %I CASCADE', it);
                         EXECUTE format('DROP ROLE %I', it);
                     END IF;
                 END LOOP;
             END $$"
        ))
        .await;
        exists.expect("a boolean")
    }
}
