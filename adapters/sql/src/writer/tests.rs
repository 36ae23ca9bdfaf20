//! Units of work that share a transaction.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::sync::Arc;

use tenantry_application::ports::{
    CommitError, FileFilter, PlatformStore, PortErrorKind, Refusal, TenantStore, UniqueKey,
};
use tenantry_domain::file::Place;

use crate::{
    SqlStore, SqliteOptions,
    testing::{World, add_tenant, entry, file, world},
};

async fn add(tenant: Arc<dyn TenantStore>, number: u128, reserve: u64) -> Result<(), CommitError> {
    let (file, version) = file(tenant.as_ref(), number);
    let mut work = tenant.begin();
    work.files().add(&file);
    work.versions().add(&version);
    work.quota().reserve(reserve);
    work.audit(entry(tenant.as_ref(), number));
    tenant.commit(work).await
}

async fn files(tenant: &dyn TenantStore) -> u64 {
    let filter = FileFilter {
        place: Place::Company(tenant.tenant().id()),
        prefix: None,
        path: None,
        status: None,
        review: None,
        owner_id: None,
        search: None,
    };
    let count = tenant.files().count(&filter, 10_000).await;
    count.expect("a count").total
}

/// Runs commits concurrently, so that they share groups.
async fn commit_all(
    commits: impl Iterator<Item = impl Future<Output = Result<(), CommitError>> + Send + 'static>,
) -> Vec<Result<(), CommitError>> {
    let tasks: Vec<_> = commits.map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("no panic"));
    }
    results
}

#[tokio::test]
async fn a_refused_unit_does_not_affect_its_group() {
    let World {
        tenant,
        folder: _folder,
        store: _store,
    } = world().await;
    add(tenant.clone(), 1000, 0).await.expect("the first");
    let commits = (0..100).map(|number| {
        // One in ten has an existing id, another one exceeds the quota.
        match number % 10 {
            3 => add(tenant.clone(), 1000, 0),
            6 => add(tenant.clone(), number, 1001),
            _ => add(tenant.clone(), number, 1),
        }
    });
    for (number, result) in commit_all(commits).await.into_iter().enumerate() {
        match (number % 10, result) {
            (3, Err(CommitError::Refused(Refusal::Duplicate(UniqueKey::Id(_)))))
            | (6, Err(CommitError::Refused(Refusal::Quota))) => {}
            (3 | 6, other) => unreachable!("{number}: {other:?}"),
            (_, result) => result.expect("applied"),
        }
    }
    assert_eq!(files(tenant.as_ref()).await, 81);
    let quota = tenant.quota().current().await.expect("a quota");
    assert_eq!(quota.reserved_bytes, 80);
    let entries = tenant.audit().unsealed(None, 1000).await.expect("entries");
    assert_eq!(entries.len(), 81);
}

#[tokio::test]
async fn a_unit_of_several_calls_is_atomic() {
    let World {
        tenant,
        folder: _folder,
        store: _store,
    } = world().await;
    let many = |last: u128| {
        let tenant = tenant.clone();
        async move {
            let mut work = tenant.begin();
            for number in (0..100).chain([last]) {
                work.files().add(&file(tenant.as_ref(), number).0);
            }
            tenant.commit(work).await
        }
    };
    add(tenant.clone(), 5000, 0).await.expect("the first");
    let refused = many(5000).await;
    assert!(matches!(
        refused,
        Err(CommitError::Refused(Refusal::Duplicate(_)))
    ));
    assert_eq!(files(tenant.as_ref()).await, 1);
    many(100).await.expect("applied");
    assert_eq!(files(tenant.as_ref()).await, 102);
}

#[tokio::test]
async fn a_full_disk_fails_its_group_only() {
    let World {
        tenant,
        store,
        folder: _folder,
    } = world().await;
    let rows = store.writer().run("PRAGMA page_count", []).await;
    let rows = rows.expect("a number");
    let pages: i64 = rows
        .first()
        .expect("a row")
        .try_get_by_index(0)
        .expect("a number");
    let full = format!("PRAGMA max_page_count = {}", pages + 2);
    store.writer().run(&full, []).await.expect("a limit");

    let results = commit_all((0..200).map(|number| add(tenant.clone(), number, 1))).await;
    let unknown = |result: &Result<(), CommitError>| matches!(result, Err(CommitError::Failed(error)) if error.kind == PortErrorKind::Unavailable);
    assert!(results.iter().any(unknown), "the limit was never reached");
    assert!(
        results
            .iter()
            .all(|result| result.is_ok() || unknown(result))
    );
    let applied = results.iter().filter(|result| result.is_ok()).count() as u64;
    assert_eq!(files(tenant.as_ref()).await, applied);
    let quota = tenant.quota().current().await.expect("a quota");
    assert_eq!(quota.reserved_bytes, applied);
    // The limit was a setting of the failed connection.
    for result in commit_all((1000..1200).map(|number| add(tenant.clone(), number, 1))).await {
        result.expect("applied after reconnecting");
    }
}

#[tokio::test]
async fn a_commit_completes_after_its_caller_is_dropped() {
    let World {
        tenant,
        folder,
        store,
    } = world().await;
    {
        let commit = add(tenant.clone(), 1, 0);
        tokio::pin!(commit);
        let polled = tokio::time::timeout(std::time::Duration::ZERO, &mut commit).await;
        assert!(polled.is_err(), "the commit completed immediately");
    }
    store.close().await.expect("closed");
    assert!(matches!(
        add(tenant, 2, 0).await,
        Err(CommitError::Failed(error)) if error.kind == PortErrorKind::Unavailable
    ));
    let options = SqliteOptions::new(folder.path().join("odd ?name#.db"));
    let store = SqlStore::connect(options).await.expect("a database");
    let status = store.migration_status().await.expect("a list");
    assert!(status.iter().all(|(_, applied)| *applied) && !status.is_empty());
    let tenant = first_tenant(&store).await;
    assert_eq!(files(tenant.as_ref()).await, 1);
}

async fn first_tenant(store: &SqlStore) -> Arc<dyn TenantStore> {
    let tenants = store.tenants().list(None, 1).await.expect("tenants");
    let tenant = tenants.first().expect("a tenant");
    let active = tenantry_domain::tenant::ActiveTenant::of(tenant.id, tenant.status);
    store.open(active.expect("active")).await.expect("a handle")
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_rejected() {
    let World { store, folder, .. } = world().await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)";
    store.writer().run(newer, []).await.expect("a row");
    store.close().await.expect("closed");
    let options = SqliteOptions::new(folder.path().join("odd ?name#.db"));
    let error = SqlStore::connect(options).await.expect_err("refused");
    assert_eq!(error.kind, PortErrorKind::Unsupported);
    assert!(error.context.contains("m9999_later"), "{error}");
}

#[tokio::test]
async fn tenants_write_concurrently() {
    let World {
        tenant,
        store,
        folder: _folder,
    } = world().await;
    let other = add_tenant(&store, 2).await;
    let commits = (0..100).map(|number| {
        let tenant = if number % 2 == 0 { &tenant } else { &other };
        add(tenant.clone(), number, 1)
    });
    for result in commit_all(commits).await {
        result.expect("applied");
    }
    assert_eq!(files(tenant.as_ref()).await, 50);
    assert_eq!(files(other.as_ref()).await, 50);
}
