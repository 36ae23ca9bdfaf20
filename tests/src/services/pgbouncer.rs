//! `PgBouncer`, a pooler in front of `PostgreSQL`.

use std::{
    fmt::Write,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use reqwest::Url;
use tokio::{net::TcpStream, sync::OnceCell, time::timeout};

use super::{
    Postgres,
    child::{Server, as_owner, make_private},
    cleanup::remove_at_exit,
    free_port,
    postgres::unprivileged,
};
use crate::wait::until;

/// The number of databases that the pooler serves, one for each schema.
const DATABASES: usize = 512;

/// A pooler of the PostgreSQL server of this run, with a pool of two connections for
/// each schema.
pub struct Pgbouncer {
    port: u16,
    server: Server,
    fresh: AtomicUsize,
}

impl Pgbouncer {
    /// Returns the pooler of this run, in transaction mode.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Pgbouncer> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::start("transaction")).await
    }

    /// Starts a pooler with a `pool_mode`.
    pub async fn start(mode: &str) -> Self {
        let program = program().expect("PgBouncer is missing: run `apt-get install pgbouncer`");
        let port = free_port();
        let configuration = configuration(Postgres::shared().await.url(), port, mode);
        let owner = unprivileged();
        let server = Server::start(owner, |folder| {
            let file = folder.join("pgbouncer.ini");
            std::fs::write(&file, configuration).expect("written");
            make_private(&file, 0o600, owner);
            let mut server = Command::new(program);
            as_owner(&mut server, owner);
            server.arg(file);
            server
        });
        let pooler = Self {
            port,
            server,
            fresh: AtomicUsize::new(0),
        };
        let ready = until("PgBouncer listens", async || {
            TcpStream::connect(("127.0.0.1", port)).await.ok()
        });
        let ready = timeout(std::time::Duration::from_mins(1), ready).await;
        assert!(ready.is_ok(), "PgBouncer: {}", pooler.server.log());
        pooler
    }

    /// Creates a schema and returns its URL.
    pub async fn fresh(&self) -> String {
        let number = self.fresh.fetch_add(1, Ordering::Relaxed);
        assert!(
            number < DATABASES,
            "more schemas than the pooler has databases"
        );
        let schema = schema(self.port, number);
        remove_at_exit(super::postgres::URL, &schema);
        let create = format!("CREATE SCHEMA {schema}");
        Postgres::shared().await.run(create).await;
        format!("postgres://tenantry@127.0.0.1:{}/d{number}", self.port)
    }
}

fn schema(port: u16, number: usize) -> String {
    format!("t{}_{port}_{number}", std::process::id())
}

/// Returns the configuration of a pooler of the server at a URL.
fn configuration(url: &str, port: u16, mode: &str) -> String {
    let url: Url = url.parse().expect("the URL of a server");
    let mut server = format!(
        "host={} port={} user={} dbname={}",
        url.host_str().expect("a host"),
        url.port().unwrap_or(5432),
        url.username(),
        url.path().trim_start_matches('/'),
    );
    if let Some(password) = url.password() {
        let _ = write!(server, " password={password}");
    }
    let mut text = "[databases]\n".to_owned();
    for number in 0..DATABASES {
        // The pooler refuses `options` in the URL of a client.
        let schema = schema(port, number);
        let _ = writeln!(
            text,
            "d{number} = {server} connect_query='SET search_path = {schema}'"
        );
    }
    let _ = write!(
        text,
        "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = any\npool_mode = {mode}\ndefault_pool_size = 2\n\
         max_client_conn = 1000\nserver_idle_timeout = 2\n"
    );
    text
}

fn program() -> Option<PathBuf> {
    // Debian installs it for administrators only.
    super::program("pgbouncer", "").or_else(|| {
        let path = PathBuf::from("/usr/sbin/pgbouncer");
        path.is_file().then_some(path)
    })
}
