//! Commits of a row with its audit entry: the store's port compared with SQLite
//! itself, with the same tables, rows and durability.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tempfile::TempDir;
use tenantry_application::{
    ports::{PlatformStore, TenantStore},
    work::PlatformWork,
};
use tenantry_domain::tenant::{ActiveTenant, Tenant};
use tenantry_mongo::{MongoOptions, MongoStore};
use tenantry_sql::{SqlOptions, SqlStore, SqliteOptions};
use tenantry_tests::{conformance::samples::Samples, services::Mongodb};
use tokio::{runtime::Runtime, task::JoinSet, time::Instant};

use crate::table::{Rate, Table};

const FILE: &str = "bench.db";
pub(crate) const ROUNDS: usize = 3;
pub(crate) const ROUND: Duration = Duration::from_secs(3);
const UNIT: &str = "commits/s";

/// The numbers of concurrent writers, with the aimed ratio of each.
const WRITERS: [(usize, Option<f64>); 3] = [(1, Some(0.35)), (8, None), (64, Some(2.5))];

/// The number of writers that the small test server is made for.
const MONGODB_WRITERS: usize = 8;

/// Measures commits of one unit each.
pub(crate) fn commits(table: &mut Table) {
    let runtime = Runtime::new().expect("a runtime");
    let mut sqlite = Rate::of(UNIT);
    let mut ours = WRITERS.map(|_| Rate::of(UNIT));
    for _ in 0..ROUNDS {
        sqlite.add(runtime.block_on(sqlite_per_second()));
        for ((writers, _), rate) in WRITERS.into_iter().zip(&mut ours) {
            rate.add(runtime.block_on(commits_per_second(writers)));
        }
    }
    for ((writers, aim), rate) in WRITERS.into_iter().zip(ours) {
        let noun = if writers == 1 { "writer" } else { "writers" };
        let subject = format!("row and audit entry, {writers} {noun}");
        let peer = "plain SQLite, one client";
        table.compare(&subject, (rate, sqlite.clone()), peer, aim);
    }
}

/// Measures commits on a server with the MongoDB protocol, which has no peer.
pub(crate) fn mongodb(table: &mut Table) {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(Mongodb::shared());
    let mut ours = Rate::of(UNIT);
    for _ in 0..ROUNDS {
        let store = async {
            let options = MongoOptions {
                answer_timeout: Duration::from_mins(1),
                ..MongoOptions::new(server.fresh(), Samples::default().id())
            };
            let store = MongoStore::connect(options).await.expect("a store");
            store.migrate().await.expect("indexes");
            store
        };
        ours.add(runtime.block_on(async {
            let store = store.await;
            let rate = commits_to(&store, MONGODB_WRITERS).await;
            store.close().await.expect("closed");
            rate
        }));
    }
    let subject = format!("MongoDB: row and audit entry of one tenant, {MONGODB_WRITERS} clients");
    table.alone(&subject, &ours);
}

/// Creates the tables and a company.
pub(crate) async fn open(options: impl Into<SqlOptions>, samples: &Samples) -> (SqlStore, Tenant) {
    let store = SqlStore::connect(options).await;
    let store = store.expect("a store");
    store.migrate().await.expect("tables");
    let tenant = create_company(&store, samples).await;
    (store, tenant)
}

/// Creates a company.
async fn create_company(store: &dyn PlatformStore, samples: &Samples) -> Tenant {
    let tenant = samples.tenant("acme");
    let mut work = PlatformWork::new();
    work.tenants().add(&tenant);
    work.open_quota(tenant.id, 1);
    store.commit(work).await.expect("a company");
    tenant
}

async fn commits_per_second(writers: usize) -> f64 {
    let folder = TempDir::new().expect("a folder");
    commits_of_one_company(file_in(folder.path()), writers).await
}

fn file_in(folder: &Path) -> SqliteOptions {
    SqliteOptions::new(folder.join(FILE))
}

/// Measures commits of concurrent writers for one company, per second.
pub(crate) async fn commits_of_one_company(options: impl Into<SqlOptions>, writers: usize) -> f64 {
    let store = SqlStore::connect(options).await.expect("a store");
    store.migrate().await.expect("tables");
    let rate = commits_to(&store, writers).await;
    store.close().await.expect("closed");
    rate
}

async fn commits_to(store: &dyn PlatformStore, writers: usize) -> f64 {
    let samples = Arc::new(Samples::default());
    let tenant = create_company(store, &samples).await;
    let active = ActiveTenant::of(tenant.id, tenant.status).expect("an active company");
    let company: Arc<dyn TenantStore> = store.open(active).await.expect("its store");
    let (done, over) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for _ in 0..writers {
        let (company, samples) = (Arc::clone(&company), Arc::clone(&samples));
        let (done, over) = (Arc::clone(&done), Arc::clone(&over));
        tasks.spawn(async move {
            while !over.load(Relaxed) {
                let path = format!("{}.txt", samples.id());
                let mut work = company.begin();
                work.files().add(&samples.file(tenant.id, &path));
                work.audit(samples.entry(Some(tenant.id), "file.upload"));
                company.commit(work).await.expect("a commit");
                done.fetch_add(1, Relaxed);
            }
        });
    }
    tokio::time::sleep(ROUND).await;
    over.store(true, Relaxed);
    tasks.join_all().await;
    f64::from(done.load(Relaxed)) / started.elapsed().as_secs_f64()
}

/// Measures transactions on SQLite itself from one client, in one driver call
/// each.
async fn sqlite_per_second() -> f64 {
    let folder = TempDir::new().expect("a folder");
    let samples = Samples::default();
    let (store, tenant) = open(file_in(folder.path()), &samples).await;
    store.close().await.expect("closed");
    let file = SqliteConnectOptions::new()
        .filename(folder.path().join(FILE))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-8192")
        .pragma("journal_size_limit", "67108864");
    let mut database = file.connect().await.expect("a database");
    let (tenant, digest) = (tenant.id.as_uuid(), vec![1_u8; 32]);
    let now = 1_767_225_600_000_i64;
    let (mut done, started) = (0, Instant::now());
    while started.elapsed() < ROUND {
        let (id, user, entry) = (samples.id(), samples.id(), samples.id());
        let path = format!("{id}.txt");
        sqlx::query(TRANSACTION)
            .bind(id.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(&path)
            .bind(&path)
            .bind(&digest)
            .bind(user.as_bytes().as_slice())
            .bind(user.as_bytes().as_slice())
            .bind(now)
            .bind(now)
            .bind(entry.as_bytes().as_slice())
            .bind(tenant.as_bytes().as_slice())
            .bind(now)
            .execute(&mut database)
            .await
            .expect("a commit");
        done += 1;
    }
    let rate = f64::from(done) / started.elapsed().as_secs_f64();
    database.close().await.expect("closed");
    rate
}

const TRANSACTION: &str = "\
    BEGIN IMMEDIATE;
    INSERT INTO files (id, tenant_id, bucket, bucket_id, path, name_key, tags, version,
        content_version, size_bytes, media_type, digest, status, review, owner_id, uploaded_by,
        created_at, updated_at, revision)
    VALUES (?, ?, 'companies', ?, ?, ?, '{}', 1, NULL, 10, 'application/octet-stream', ?,
        'pending', 'draft', ?, ?, ?, ?, 1);
    INSERT INTO audit_entries (id, chain_id, action, subject_kind, subject_id, at, detail)
    VALUES (?, ?, 'file.upload', 'file', '1', ?, '{}');
    COMMIT";
