//! The store's port on PostgreSQL compared with `pgbench` on the same server and
//! tables, with as many clients.

use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
};

use tempfile::TempDir;
use tenantry_application::ports::{PlatformStore, TenantStore};
use tenantry_domain::{id::FileId, tenant::ActiveTenant};
use tenantry_sql::{PostgresOptions, SqlStore};
use tenantry_tests::{conformance::samples::Samples, services::Postgres};
use tokio::{runtime::Runtime, task::JoinSet, time::Instant};

use crate::{
    commits::{ROUND, ROUNDS, commits_of_one_company, open},
    table::{Rate, Table},
};

const CLIENTS: usize = 32;

/// Measures commits of one company, and reads of one row with and without
/// row-level security.
pub(crate) fn postgres(table: &mut Table) {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(Postgres::durable());
    let Some(pgbench) = server.program("pgbench") else {
        table.not_run("PostgreSQL", "apt-get install postgresql");
        return;
    };
    let mut peers = [Rate::of("commits/s"), Rate::of("reads/s")];
    let mut commits = [Rate::of("commits/s"), Rate::of("commits/s")];
    let mut reads = [Rate::of("reads/s"), Rate::of("reads/s")];
    for _ in 0..ROUNDS {
        for (walled, (commits, reads)) in [true, false]
            .into_iter()
            .zip(commits.iter_mut().zip(&mut reads))
        {
            let fresh = || runtime.block_on(server.fresh());
            let options = |url| PostgresOptions {
                row_security: walled,
                guarded_reads: walled,
                ..PostgresOptions::new(url)
            };
            commits.add(runtime.block_on(commits_of_one_company(options(fresh()), CLIENTS)));
            reads.add(runtime.block_on(reads_per_second(options(fresh()))));
        }
        let url = runtime.block_on(server.fresh());
        let (store, _, file) = runtime.block_on(with_a_file(PostgresOptions::new(url.as_str())));
        runtime.block_on(store.close()).expect("closed");
        let row = format!("SELECT * FROM files WHERE id = '{file}';\n");
        for (script, peer) in [PAIR, &row].into_iter().zip(&mut peers) {
            peer.add(pgbench_per_second(&pgbench, &url, script));
        }
    }
    let [pairs, rows] = peers;
    let [walled, plain] = commits;
    let subject = |what: &str| format!("PostgreSQL: {what}, {CLIENTS} clients");
    let peer = "pgbench, prepared";
    let creates = subject("row and audit entry of one tenant, row-level security");
    table.compare(&creates, (walled, pairs.clone()), peer, Some(0.40));
    let creates = subject("row and audit entry of one tenant, no row-level security");
    table.compare(&creates, (plain, pairs), peer, Some(0.40));
    let [walled, plain] = reads;
    let behind = subject("one row read, row-level security");
    table.compare(&behind, (walled, rows.clone()), peer, Some(0.15));
    let single = subject("one row read, no row-level security");
    table.compare(&single, (plain, rows), peer, Some(0.40));
}

async fn reads_per_second(options: PostgresOptions) -> f64 {
    let (store, company, file) = with_a_file(options).await;
    let (done, over) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut tasks = JoinSet::new();
    let started = Instant::now();
    for _ in 0..CLIENTS {
        let company = Arc::clone(&company);
        let (done, over) = (Arc::clone(&done), Arc::clone(&over));
        tasks.spawn(async move {
            while !over.load(Relaxed) {
                let found = company.files().lookup(file).await.expect("a read");
                assert!(found.is_some());
                done.fetch_add(1, Relaxed);
            }
        });
    }
    tokio::time::sleep(ROUND).await;
    over.store(true, Relaxed);
    tasks.join_all().await;
    let rate = f64::from(done.load(Relaxed)) / started.elapsed().as_secs_f64();
    drop(company);
    store.close().await.expect("closed");
    rate
}

/// Creates a store with one company that has one file.
async fn with_a_file(options: PostgresOptions) -> (SqlStore, Arc<dyn TenantStore>, FileId) {
    let samples = Samples::default();
    let (store, tenant) = open(options, &samples).await;
    let active = ActiveTenant::of(tenant.id, tenant.status).expect("an active company");
    let company = store.open(active).await.expect("its store");
    let file = samples.file(tenant.id, "a.txt");
    let mut work = company.begin();
    work.files().add(&file);
    company.commit(work).await.expect("a commit");
    (store, company, file.id)
}

/// Returns the transactions per second.
fn pgbench_per_second(pgbench: &Path, url: &str, script: &str) -> f64 {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("script.sql");
    std::fs::write(&file, script).expect("a script");
    let output = Command::new(pgbench)
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
        .arg(format!("--client={CLIENTS}"))
        .arg(format!("--time={}", ROUND.as_secs()))
        .arg(format!("--file={}", file.display()))
        .arg(url)
        .output()
        .expect("pgbench");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let line = stdout.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = line.and_then(|line| line.split(' ').next()?.parse().ok());
    rate.expect("a rate")
}

const PAIR: &str = "\
BEGIN;
INSERT INTO files (id, tenant_id, bucket, bucket_id, path, name_key, tags, version,
    content_version, size_bytes, media_type, digest, status, review, owner_id, uploaded_by,
    created_at, updated_at, revision)
SELECT gen_random_uuid(), id, 'companies', id, gen_random_uuid()::text, 'a', '{}', 1, NULL, 10,
    'application/octet-stream', '\\x01', 'pending', 'draft', id, id, 1, 1, 1 FROM tenants;
INSERT INTO audit_entries (id, chain_id, action, subject_kind, subject_id, at, detail)
SELECT gen_random_uuid(), id, 'file.upload', 'file', '1', 1, '{}' FROM tenants;
COMMIT;
";
