//! The SQL adapter on PostgreSQL.

#![expect(
    clippy::expect_used,
    reason = "a store that does not open fails its case"
)]

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, Postgres as SqlxPostgres,
    postgres::PgArguments, query, query::Query, query_scalar,
};
use tempfile::TempDir;
use tenantry_application::{
    ports::{CommitError, PlatformStore, PortErrorKind, TenantStore},
    work::PlatformWork,
};
use tenantry_domain::{
    Timestamp,
    id::UserId,
    tenant::{ActiveTenant, TenantStatus},
};
use tenantry_sql::{PostgresOptions, SqlStore};
use tenantry_store::schema::TableInfo;
use tenantry_tests::{
    conformance::{
        metadata::{World, stamped},
        samples::Samples,
    },
    harness::until,
    services::{Fault, FaultProxy, Postgres},
};
use tokio::{net::TcpStream, time::sleep};
use uuid::Uuid;

/// Opens a new schema.
async fn store() -> World {
    let url = Postgres::shared().await.fresh().await;
    let options = PostgresOptions {
        connections: 8,
        ..PostgresOptions::new(url)
    };
    let store = SqlStore::connect(options).await.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    World::new(Arc::new(store), ())
}

tenantry_tests::metadata_suite!(store);

/// Checks every declared table, column, index and policy; then a lost index and a
/// lost policy are noticed.
#[tokio::test]
async fn the_tables_match_the_declaration() {
    let url = Postgres::shared().await.fresh().await;
    let store = SqlStore::connect(PostgresOptions::new(url.as_str())).await;
    let store = store.expect("the store opens");
    store.migrate().await.expect("the tables are created");
    let drift = store.drift().await.expect("a comparison");
    assert!(drift.is_empty(), "{drift:#?}");
    let mut database = PgConnection::connect(&url).await.expect("connected");
    for change in [
        "DROP INDEX files_path",
        "DROP POLICY tenantry_tenant ON blobs",
    ] {
        database.execute(change).await.expect("changed");
    }
    let drift = store.drift().await.expect("a comparison");
    assert_eq!(drift.len(), 3, "{drift:#?}");
}

/// Checks that the serving user needs neither to own the tables nor the right to
/// change them.
#[tokio::test]
async fn the_serving_user_does_not_own_the_tables() {
    let (owner, guest) = Postgres::shared().await.fresh_of_two().await;
    let options = PostgresOptions {
        migrate_url: Some(owner),
        connections: 4,
        ..PostgresOptions::new(guest)
    };
    let open = async || {
        let store = SqlStore::connect(options.clone()).await;
        let store = store.expect("the store opens");
        store.migrate().await.expect("the tables are made");
        store
    };
    // Existing roles and policies are not an obstacle.
    open().await.close().await.expect("closed");
    let world = World::new(Arc::new(open().await), ());
    stamped::isolation::no_read_sees_over_the_wall(&world).await;
}

/// Raises the epoch of a user as programs before the numbers do.
fn raise(user: Uuid) -> Query<'static, SqlxPostgres, PgArguments> {
    let raise = "INSERT INTO epochs (subject_id, kind, epoch, changed_at) \
                 VALUES ($1, 'user', 1, 0) ON CONFLICT (subject_id) \
                 DO UPDATE SET epoch = epochs.epoch + 1, changed_at = excluded.changed_at";
    query(raise).bind(user)
}

/// Checks that a raise is found although raises with higher numbers were committed
/// and found before, and one by a program of an earlier version too.
#[tokio::test]
async fn a_raise_is_found_after_a_later_one() {
    let url = Postgres::shared().await.fresh().await;
    let store = SqlStore::connect(PostgresOptions::new(url.as_str())).await;
    let store = store.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    let found = async |since| {
        let raised = store.epochs().raised_since(since).await.expect("epochs");
        let users = raised.changes.iter().map(|change| change.subject.as_uuid());
        (raised.position, users.collect::<Vec<_>>())
    };
    let (slow, fast) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let (start, _) = found(None).await;
    let mut database = PgConnection::connect(&url).await.expect("connected");
    // The second round updates the rows of the first.
    for _ in 0..2 {
        let mut transaction = database.begin().await.expect("begun");
        raise(slow)
            .execute(&mut *transaction)
            .await
            .expect("raised");
        let mut work = PlatformWork::new();
        work.raise_user_epoch(UserId::from_uuid(fast), Timestamp::EPOCH);
        store.commit(work).await.expect("raised");
        let (between, users) = found(Some(start)).await;
        assert!(users.contains(&fast), "{users:?}");
        transaction.commit().await.expect("committed");
        let (_, users) = found(Some(between)).await;
        assert!(users.contains(&slow), "{users:?}");
    }
}

/// Checks that the numbers of a restored dump, which another server assigned,
/// neither hide raises nor are returned forever.
#[tokio::test]
async fn numbers_of_another_server_are_ignored() {
    let url = Postgres::shared().await.fresh().await;
    let store = SqlStore::connect(PostgresOptions::new(url.as_str())).await;
    let store = store.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    let mut database = PgConnection::connect(&url).await.expect("connected");
    let user = Uuid::from_u128(1);
    raise(user).execute(&mut database).await.expect("raised");
    let restored = "ALTER TABLE epochs DISABLE TRIGGER epochs_raised; \
                    UPDATE epochs SET ordinal = 1000000000000; \
                    ALTER TABLE epochs ENABLE TRIGGER epochs_raised";
    database.execute(restored).await.expect("restored");
    let start = store.epochs().raised_since(None).await.expect("epochs");
    let since = Some(start.position);
    let raised = store.epochs().raised_since(since).await.expect("epochs");
    assert_eq!(raised.changes, []);
    raise(user).execute(&mut database).await.expect("raised");
    let raised = store.epochs().raised_since(since).await.expect("epochs");
    assert_eq!(raised.changes.len(), 1);
}

/// Checks that the e-mail addresses of members, and of no one else, are visible to
/// their tenant, and nothing else of users.
#[tokio::test]
async fn row_level_security_hides_other_users() {
    let url = Postgres::shared().await.fresh().await;
    let store = SqlStore::connect(PostgresOptions::new(url.as_str())).await;
    let store = store.expect("the store opens");
    store.migrate().await.expect("the tables are created");
    let (own, foreign) = (Uuid::from_u128(7), Uuid::from_u128(8));
    let mut database = PgConnection::connect(&url).await.expect("connected");
    for (name, tenant) in [("ann", Some(own)), ("bob", Some(foreign)), ("eve", None)] {
        let user = Uuid::from_u128(u128::from(name.as_bytes()[0]));
        let insert = format!(
            "INSERT INTO identities (id, email, email_key, email_verified, status, \
             platform_admin, created_at, revision) \
             VALUES ('{user}', '{name}', '{name}', true, 'active', false, 0, 1)"
        );
        database
            .execute(AssertSqlSafe(insert))
            .await
            .expect("a user");
        if let Some(tenant) = tenant {
            let insert = format!(
                "INSERT INTO memberships (tenant_id, user_id, role_ids, status, created_at, \
                 revision) VALUES ('{tenant}', '{user}', '[]', 'active', 0, 1)"
            );
            database
                .execute(AssertSqlSafe(insert))
                .await
                .expect("a member");
        }
    }
    let enter = format!("SET ROLE tenantry_tenant; SET tenantry.tenant = '{own}'");
    database
        .execute(AssertSqlSafe(enter))
        .await
        .expect("entered");
    let seen: Vec<String> = query_scalar("SELECT email FROM identities")
        .fetch_all(&mut database)
        .await
        .expect("rows");
    assert_eq!(seen, ["ann"]);
    let seen: Vec<Uuid> = query_scalar("SELECT tenant_id FROM memberships")
        .fetch_all(&mut database)
        .await
        .expect("rows");
    assert_eq!(seen, [own]);
    for forbidden in [
        "SELECT password_hash FROM identities",
        "SELECT email_key FROM identities",
        "SELECT role_ids FROM memberships",
        "SELECT id FROM sessions",
        "SELECT id FROM roles",
        "SELECT changed_at FROM epochs",
        "SELECT version FROM seaql_migrations",
        "UPDATE identities SET email = ''",
        "UPDATE tenants SET status = ''",
        "DELETE FROM memberships",
    ] {
        let refused = database.execute(forbidden).await.expect_err(forbidden);
        assert!(
            refused.to_string().contains("permission denied"),
            "{refused}"
        );
    }
}

/// Checks that a start notices each table without effective row-level security.
#[tokio::test]
async fn row_level_security_is_verified_on_every_table() {
    let url = Postgres::shared().await.fresh().await;
    let store = SqlStore::connect(PostgresOptions::new(url.as_str())).await;
    let store = store.expect("the store opens");
    store.migrate().await.expect("the tables are created");
    let mut database = PgConnection::connect(&url).await.expect("connected");
    let of_platform = ["tenants", "memberships", "identities"];
    let declared = TableInfo::all().into_iter();
    let declared = declared.filter(|it| it.protected.is_some() || of_platform.contains(&it.name));
    let tables: Vec<_> = declared.map(|table| table.name).collect();
    assert!(tables.len() > of_platform.len());
    for table in tables {
        let changes = [
            (
                format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
                format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
            ),
            (
                format!("CREATE POLICY open ON {table} FOR INSERT WITH CHECK (true)"),
                format!("DROP POLICY open ON {table}"),
            ),
        ];
        for (change, back) in changes {
            let done = database.execute(AssertSqlSafe(change.clone())).await;
            done.expect("changed");
            let refused = store.migrate().await.expect_err(&change).to_string();
            let is_named = refused.contains(&format!("the table {table} "));
            assert!(is_named, "{change}: {refused}");
            database
                .execute(AssertSqlSafe(back))
                .await
                .expect("changed");
        }
    }
    for (change, back) in [
        (
            "GRANT SELECT ON sessions TO tenantry_tenant",
            "REVOKE ALL ON sessions FROM tenantry_tenant",
        ),
        (
            "GRANT SELECT ON identities TO tenantry_tenant",
            "REVOKE ALL ON identities FROM tenantry_tenant; \
             GRANT SELECT (id, email) ON identities TO tenantry_tenant",
        ),
    ] {
        database.execute(change).await.expect("changed");
        let refused = store.migrate().await.expect_err(change).to_string();
        assert!(refused.contains("rights on the table"), "{refused}");
        database.execute(back).await.expect("changed");
    }
    store.migrate().await.expect("all is as before");
}

#[tokio::test]
async fn certificates_are_verified() {
    let (server, certificate) = Postgres::with_tls().await;
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, certificate).expect("written");
    let url = server.fresh().await;
    let known = format!("{url}&sslmode=verify-full&sslrootcert={}", file.display());
    let store = SqlStore::connect(PostgresOptions::new(&known)).await;
    store.expect("a connection").probe().await.expect("well");
    let mut connection = PgConnection::connect(&known).await.expect("connected");
    let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let encrypted = query_scalar::<_, bool>(encrypted).fetch_one(&mut connection);
    assert!(encrypted.await.expect("an answer"));
    // An unknown authority, and a server without TLS.
    let strange = format!("{url}&sslmode=verify-full");
    let plain = Postgres::shared().await.fresh().await;
    let plain = format!("{plain}&sslmode=require");
    for url in [strange, plain] {
        let refused = SqlStore::connect(PostgresOptions::new(&url)).await;
        let refused = refused.expect_err("a refusal");
        assert_eq!(refused.kind, PortErrorKind::Internal);
        assert!(refused.context.contains("sslmode"), "{refused}");
    }
}

/// Checks that broken idle connections cost no commit: commits that were not
/// sent are sent again on new connections.
#[tokio::test]
async fn broken_idle_connections_cost_no_commit() {
    let (proxy, tenant, _store) = behind_a_proxy().await;
    for count in [1, 6] {
        let before = reserved(tenant.as_ref()).await;
        for done in commit_concurrently(&tenant, count).await {
            done.expect("a connection that stands");
        }
        // Wait until the connections are back in the pool.
        sleep(Duration::from_millis(100)).await;
        proxy.set(Fault::Down);
        until("no connection passes", async || {
            TcpStream::connect(proxy.address()).await.err()
        })
        .await;
        proxy.set(Fault::None);
        for done in commit_concurrently(&tenant, count).await {
            done.expect("a new connection");
        }
        assert_eq!(reserved(tenant.as_ref()).await, before + 2 * count);
    }
}

/// Checks that an acknowledged commit is applied once, and any other at most
/// once, wherever a connection breaks.
#[tokio::test]
async fn a_broken_connection_does_not_repeat_a_commit() {
    let (proxy, tenant, _store) = behind_a_proxy().await;
    let (mut written, mut refused) = (0, 0);
    for sent in (100..3_000).step_by(200) {
        let before = reserved(tenant.as_ref()).await;
        proxy.set(Fault::CutAfter(sent));
        let done = reserve(tenant.as_ref()).await;
        proxy.set(Fault::None);
        let after = reserved(tenant.as_ref()).await;
        match done {
            Ok(()) => {
                assert_eq!(after, before + 1, "cut after {sent}");
                written += 1;
            }
            Err(CommitError::Failed(error)) if error.kind == PortErrorKind::Unavailable => {
                assert!(after <= before + 1, "cut after {sent}");
                refused += 1;
            }
            Err(other) => unreachable!("cut after {sent}: {other:?}"),
        }
    }
    assert!(written > 0 && refused > 0, "{written} {refused}");
}

/// Opens a company whose store is reached through a proxy.
async fn behind_a_proxy() -> (FaultProxy, Arc<dyn TenantStore>, SqlStore) {
    let url = Postgres::shared().await.fresh().await;
    let (proxy, through) = FaultProxy::before(&url).await;
    let options = PostgresOptions {
        connections: 4,
        ..PostgresOptions::new(through)
    };
    let store = SqlStore::connect(options).await.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    let company = Samples::default().tenant("acme");
    let mut work = PlatformWork::new();
    work.tenants().add(&company);
    work.open_quota(company.id, 1_000);
    store.commit(work).await.expect("a company");
    let active = ActiveTenant::of(company.id, TenantStatus::Active);
    let tenant = store.open(active.expect("active")).await;
    (proxy, tenant.expect("a handle"), store)
}

/// Commits concurrently.
async fn commit_concurrently(
    tenant: &Arc<dyn TenantStore>,
    count: u64,
) -> Vec<Result<(), CommitError>> {
    join_all((0..count).map(|_| reserve(tenant.as_ref()))).await
}

async fn reserve(tenant: &dyn TenantStore) -> Result<(), CommitError> {
    let mut work = tenant.begin();
    work.quota().reserve(1);
    tenant.commit(work).await
}

/// Reads may meet a broken connection too, and then fail.
async fn reserved(tenant: &dyn TenantStore) -> u64 {
    until("the quota is read", async || {
        let quota = tenant.quota().current().await.ok()?;
        Some(quota.reserved_bytes)
    })
    .await
}
