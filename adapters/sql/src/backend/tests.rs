//! The plans of queries: every list reads an index in order.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use sea_orm::{ColumnTrait, ColumnType, Value};
use tenantry_application::work::Kind;
use tenantry_domain::blob::Blob;
use tenantry_store::{
    Condition,
    rows::{blob, file},
    with_stored,
};
use uuid::Uuid;

use super::*;
use crate::testing::{World, plan, world};

fn value(column: impl ColumnTrait) -> Value {
    match column.def().get_column_type() {
        ColumnType::Uuid => Uuid::from_u128(1).into(),
        ColumnType::BigInteger => 1_i64.into(),
        _ => "a".into(),
    }
}

async fn plan_of<T: Stored>(backend: &SqlBackend, query: &Query<T>) -> String {
    let statement = backend
        .select(query)
        .build(backend.reader.dialect.backend());
    plan(&backend.reader, statement).await
}

/// Returns the plans of the first and a further page in both directions.
async fn pages<T: Stored>(backend: &SqlBackend) -> Vec<String> {
    let mut plans = Vec::new();
    let id = key_columns::<T>().next().expect("a key");
    for columns in T::ORDERS {
        let (sort, equal) = columns.split_last().expect("a sort column");
        for direction in [Direction::Ascending, Direction::Descending] {
            let mut page = Query::<T>::new();
            for column in equal {
                page = page.equal(*column, value(*column));
            }
            page = page
                .order_by(*sort, direction)
                .order_by_key(direction)
                .limit(20);
            let position = ((*sort, value(*sort)), (id, value(id)));
            let next = page.clone();
            let next = next.filter(Condition::After(position.0, position.1, direction));
            plans.push(plan_of(backend, &page).await);
            plans.push(plan_of(backend, &next).await);
        }
    }
    plans
}

#[tokio::test]
async fn every_declared_order_is_read_from_an_index() {
    let World {
        store,
        folder: _folder,
        ..
    } = world().await;
    let mut count = 0;
    for kind in Kind::ALL {
        let plans = with_stored!(kind, T => pages::<T>(store.backend()).await);
        for plan in plans {
            assert!(plan.contains("USING INDEX"), "{kind}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{kind}: {plan}");
            count += 1;
        }
    }
    assert!(count >= 20, "{count} plans");
}

#[tokio::test]
async fn a_prefix_is_a_range_of_the_index() {
    let World {
        store,
        tenant,
        folder: _folder,
    } = world().await;
    let query = Query::<File>::of_tenant(tenant.tenant().id())
        .equal(file::Column::Bucket, "companies")
        .equal(file::Column::BucketId, Uuid::from_u128(1))
        .filter(Condition::StartsWith(
            file::Column::Path,
            "folder/".to_owned(),
        ))
        .order_by(file::Column::Path, Direction::Ascending)
        .order_by_key(Direction::Ascending)
        .limit(20);
    let plan = plan_of(store.backend(), &query).await;
    assert!(plan.contains("path>? AND path<?"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[tokio::test]
async fn the_sweeper_reads_no_blob_in_use() {
    let World {
        store,
        tenant,
        folder: _folder,
    } = world().await;
    let query = Query::<Blob>::of_tenant(tenant.tenant().id())
        .filter(Condition::Below(blob::Column::SweepAt, 0_i64.into()))
        .order_by(blob::Column::SweepAt, Direction::Ascending)
        .order_by_key(Direction::Ascending)
        .limit(1);
    let plan = plan_of(store.backend(), &query).await;
    assert!(plan.contains("INDEX blobs_of_tenant_to_sweep"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[tokio::test]
async fn the_tables_match_the_declaration() {
    let World {
        store,
        folder: _folder,
        ..
    } = world().await;
    let drift = store.drift().await.expect("a comparison");
    assert!(drift.is_empty(), "{drift:#?}");
    let spare = "ALTER TABLE roles ADD COLUMN spare text";
    store.writer().run(spare, []).await.expect("a column");
    let drop = "DROP INDEX files_by_size";
    store.writer().run(drop, []).await.expect("no index");
    let drift = store.drift().await.expect("a comparison");
    assert_eq!(drift.len(), 2, "{drift:#?}");
}
