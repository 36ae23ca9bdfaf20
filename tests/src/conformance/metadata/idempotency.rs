//! Requests with an idempotency key.

use tenantry_application::ports::{Refusal, UniqueKey};
use tenantry_domain::{
    Revision,
    idempotency::{IdempotencyKey, IdempotencyRecord, IdempotencyState},
};

use super::world::{Outcome, ReadOutcome, World};
use crate::conformance::samples::at;

async fn add(world: &World, record: &IdempotencyRecord) {
    let tenant = record.scope.tenant_id;
    world
        .commit(|work| work.idempotency(tenant).add(record))
        .await
        .done();
}

async fn find(world: &World, record: &IdempotencyRecord) -> Option<IdempotencyRecord> {
    let records = world.store.idempotency();
    records.find(&record.scope).await.value()
}

pub(super) async fn every_state_is_stored(world: &World) {
    let acme = world.company("Acme").await;
    for tenant in [None, Some(acme.id)] {
        let mut record = world.samples.request(tenant, "!~k");
        assert_eq!(find(world, &record).await, None);
        add(world, &record).await;
        assert_eq!(find(world, &record).await.as_ref(), Some(&record));

        let blob = world.samples.open_blob(acme.id, 1).id;
        record.restart(IdempotencyState::Uploading(blob), at(5));
        world
            .commit(|work| work.idempotency(tenant).update(&record))
            .await
            .done();
        record.revision = Revision::new(2);
        assert_eq!(find(world, &record).await.as_ref(), Some(&record));

        record.finish([0xFF; 32], r#"{"Ünï":"履歴書 'x' \\ \u0000"}"#.to_owned());
        world
            .commit(|work| work.idempotency(tenant).update(&record))
            .await
            .done();
        record.revision = Revision::new(3);
        assert_eq!(find(world, &record).await.as_ref(), Some(&record));
    }
}

pub(super) async fn a_key_is_unique_within_its_scope(world: &World) {
    let acme = world.company("Acme").await;
    let first = world.samples.request(Some(acme.id), "k");
    add(world, &first).await;
    let again = IdempotencyRecord {
        id: world.samples.request(None, "k").id,
        ..first.clone()
    };
    let refusal = world
        .commit(|work| work.idempotency(Some(acme.id)).add(&again))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::IdempotencyKey));

    // Another caller, operation, key or tenant is another scope.
    let mut others = vec![again; 4];
    others[0].scope.user_id = world.samples.user();
    "other".clone_into(&mut others[1].scope.operation);
    others[2].scope.key = IdempotencyKey::parse("K").expect("a key");
    others[3].scope.tenant_id = None;
    for mut other in others {
        other.id = world.samples.request(None, "k").id;
        add(world, &other).await;
        assert_eq!(find(world, &other).await, Some(other));
    }
    assert_eq!(find(world, &first).await, Some(first));
}

pub(super) async fn one_of_two_claims_wins(world: &World) {
    let acme = world.company("Acme").await;
    let a = world.samples.request(Some(acme.id), "k");
    let b = IdempotencyRecord {
        id: world.samples.request(None, "k").id,
        ..a.clone()
    };
    let (first, second) = tokio::join!(
        acme.commit(|work| work.idempotency().add(&a)),
        acme.commit(|work| work.idempotency().add(&b)),
    );
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    let winner = if first.is_ok() { a } else { b };
    assert_eq!(find(world, &winner).await, Some(winner));
}

pub(super) async fn expired_rows_are_purged_in_batches(world: &World) {
    let mut records = Vec::new();
    for seconds in [-2, -1, 0, 1] {
        let mut record = world.samples.request(None, "k");
        record.expires_at = at(seconds);
        add(world, &record).await;
        records.push(record);
    }
    let purge = async |limit| {
        let records = world.store.idempotency();
        records.purge_expired(at(0), limit).await.value()
    };
    assert_eq!(purge(1).await, 1);
    assert_eq!(purge(9).await, 1);
    assert_eq!(purge(9).await, 0);
    for record in records {
        let kept = record.expires_at >= at(0);
        assert_eq!(find(world, &record).await.is_some(), kept);
        // A purged key is free again.
        if !kept {
            add(world, &record).await;
        }
    }
}
