//! Databases on which the SQL adapter cannot work: each fault has its advice.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use sqlx::{Connection, Executor, PgConnection};
use tenantry_application::ports::{PortError, PortErrorKind};
use tenantry_sql::{PostgresOptions, SqlStore};
use tenantry_tests::services::Postgres;

/// Returns the URL of another database or login on a server.
fn url(server: &Postgres, login: &str, database: &str) -> String {
    let (_, host) = server.url().split_once('@').expect("a login");
    let (host, _) = host.split_once('/').expect("a database");
    format!("postgres://{login}@{host}/{database}")
}

async fn open(options: PostgresOptions) -> Result<(), PortError> {
    let store = SqlStore::connect(options).await?;
    store.migrate().await?;
    store.close().await
}

/// Expects a start to fail permanently with one line.
async fn refused(options: PostgresOptions, expected: &[&str]) {
    let error = open(options).await.expect_err("a refusal");
    assert_eq!(error.kind, PortErrorKind::Internal, "{error:?}");
    let line = error.to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(!line.contains("backup"), "{line}");
    for expected in expected {
        assert!(line.contains(expected), "no {expected:?} in {line}");
    }
}

/// A fault: statements that cause it, the login, the database, and parts of the
/// message.
type FaultCase = (
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static [&'static str],
);

const FAULTS: &[FaultCase] = &[
    (
        &["CREATE ROLE app LOGIN", "CREATE DATABASE owned OWNER app"],
        "app",
        "owned",
        &[
            "may not create roles",
            "CREATE ROLE tenantry_tenant NOLOGIN",
            "GRANT tenantry_tenant TO \"app\"",
            "database.row_security.enabled",
        ],
    ),
    (
        &["CREATE ROLE tenantry_tenant NOLOGIN"],
        "app",
        "owned",
        &["is not a member", "run GRANT tenantry_tenant TO \"app\""],
    ),
    (
        &["CREATE ROLE guest LOGIN", "CREATE DATABASE shared"],
        "guest",
        "shared",
        &[
            "may not create tables",
            "GRANT CREATE ON SCHEMA \"public\" TO \"guest\"",
            "database.migrate_url",
        ],
    ),
    (
        &[
            "CREATE DATABASE frozen OWNER app",
            "ALTER DATABASE frozen SET default_transaction_read_only = on",
        ],
        "app",
        "frozen",
        &["it is read-only", "default_transaction_read_only"],
    ),
    (
        &["CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"],
        "tenantry",
        "latin",
        &["its encoding is LATIN1", "ENCODING 'UTF8'"],
    ),
    (
        &["CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"],
        "tenantry",
        "ascii",
        &["its encoding is SQL_ASCII"],
    ),
    (
        &[
            "CREATE DATABASE astray",
            "ALTER DATABASE astray SET search_path = nowhere",
        ],
        "tenantry",
        "astray",
        &["no schema of search_path exists"],
    ),
    (
        &[
            "CREATE DATABASE closed",
            "REVOKE CONNECT ON DATABASE closed FROM PUBLIC",
        ],
        "app",
        "closed",
        &["grant it CONNECT"],
    ),
    (
        &[],
        "nobody",
        "shared",
        &["the login was rejected", "database.url"],
    ),
    (&[], "app", "nowhere", &["the database does not exist"]),
];

#[tokio::test]
async fn each_fault_has_its_advice() {
    let server = Postgres::own().await;
    for (statements, login, database, expected) in FAULTS {
        for statement in *statements {
            server.run(*statement).await;
        }
        refused(
            PostgresOptions::new(url(&server, login, database)),
            expected,
        )
        .await;
    }
    server.run("GRANT tenantry_tenant TO app").await;
    let options = PostgresOptions::new(url(&server, "app", "owned"));
    open(options).await.expect("a member of the role");

    // A login that neither owns the tables nor may grant itself the rights.
    let options = PostgresOptions {
        row_security: false,
        ..PostgresOptions::new(url(&server, "tenantry", "shared"))
    };
    open(options).await.expect("an administrator");
    server.run("GRANT tenantry_tenant TO guest").await;
    let mut shared = PgConnection::connect(&url(&server, "tenantry", "shared")).await;
    let shared = shared.as_mut().expect("connected");
    let grant = "GRANT ALL ON ALL TABLES IN SCHEMA public TO guest";
    shared.execute(grant).await.expect("granted");
    let expected = ["does not own the tables", "database.migrate_url"];
    refused(
        PostgresOptions::new(url(&server, "guest", "shared")),
        &expected,
    )
    .await;
}

/// Checks the URLs of managed services, and a socket.
#[tokio::test]
async fn urls_as_deployed_are_accepted() {
    let server = Postgres::own().await;
    let folder = server.socket_folder().display();
    let (address, _) = server.url().rsplit_once('/').expect("a database");
    let (_, port) = address.rsplit_once(':').expect("a port");
    for url in [
        format!("postgres://tenantry:p%40@/postgres?host={folder}&port={port}"),
        format!(
            "postgresql://tenantry:p@ss@127.0.0.1:{port}/postgres?sslmode=prefer&channel_binding=prefer"
        ),
        format!(
            "{address}/postgres?connect_timeout=10&target_session_attrs=read-write&pgbouncer=true"
        ),
        format!("{address}/postgres?application_name=a@b&options=-c%20statement_timeout%3D60000"),
    ] {
        let opened = open(PostgresOptions::new(url.as_str())).await;
        opened.expect(&url);
    }
}

#[tokio::test]
async fn a_standby_is_rejected() {
    let server = Postgres::standby().await;
    let options = PostgresOptions::new(server.url());
    refused(options, &["is a standby", "primary"]).await;
}

#[tokio::test]
async fn conflicting_tables_are_reported() {
    let url = Postgres::shared().await.fresh().await;
    let store = SqlStore::connect(PostgresOptions::new(url.as_str())).await;
    let schema = url.rsplit_once("%3D").expect("a schema").1;
    let table = format!("CREATE TABLE {schema}.identities (id int)");
    Postgres::shared().await.run(table).await;
    drop(store);
    refused(
        PostgresOptions::new(url),
        &["m0001_people", "objects of the same names"],
    )
    .await;
}

/// Checks that a login without rights to create tables starts once they exist.
#[tokio::test]
async fn logins_with_limits_and_ready_tables_start() {
    let (owner, guest) = Postgres::shared().await.fresh_of_two().await;
    let (_, login) = owner.split_once("://").expect("a URL");
    let (login, _) = login.split_once('@').expect("a login");
    for limit in [
        "statement_timeout = '20s'",
        "idle_in_transaction_session_timeout = '5s'",
    ] {
        let limit = format!("ALTER ROLE {login} SET {limit}");
        Postgres::shared().await.run(limit).await;
    }
    let options = PostgresOptions {
        migrate_url: Some(owner),
        ..PostgresOptions::new(guest.as_str())
    };
    open(options).await.expect("an owner with limits");
    // The login may not create tables, but the tables exist.
    open(PostgresOptions::new(guest)).await.expect("a guest");
}
