//! References to blobs, which concurrent units shift.

use std::sync::Arc;

use tenantry_application::{
    ports::{PortErrorKind, Refusal},
    work::Kind,
};
use tenantry_domain::{
    Revision, Timestamp,
    blob::{Blob, BlobState},
};

use super::world::{Company, Outcome, ReadOutcome, World};
use crate::conformance::samples::{NOW, at, digest};

/// The units per step of the concurrent case.
const UNITS: u32 = 32;

async fn stored(world: &World, company: &Company) -> Blob {
    let blob = world.samples.stored_blob(company.id, digest(1), 1);
    company.commit(|work| work.blobs().add(&blob)).await.done();
    blob
}

async fn read(company: &Company, blob: &Blob) -> Blob {
    let found = company.store.blobs().lookup(blob.id).await.value();
    found.expect("the blob is there")
}

/// Returns the number of references and the time of the last removal.
fn references(blob: &Blob) -> (u32, Option<Timestamp>) {
    match blob.state {
        BlobState::Stored {
            references,
            unreferenced_at,
            ..
        } => (references, unreferenced_at),
        _ => panic!("not stored: {blob:?}"),
    }
}

pub(super) async fn references_are_added_and_removed(world: &World) {
    let acme = world.company("Acme").await;
    let blob = stored(world, &acme).await;
    acme.commit(|work| {
        work.references().add(blob.id, at(1));
        work.references().add(blob.id, at(1));
    })
    .await
    .done();
    assert_eq!(references(&read(&acme, &blob).await), (3, None));
    acme.commit(|work| {
        (0..3).for_each(|_| work.references().remove(blob.id, at(2)));
    })
    .await
    .done();
    let found = read(&acme, &blob).await;
    assert_eq!(references(&found), (0, Some(at(2))));
    assert_eq!(found.revision, Revision::new(3));
    acme.commit(|work| work.references().add(blob.id, at(3)))
        .await
        .done();
    assert_eq!(references(&read(&acme, &blob).await), (1, None));
    acme.commit(|work| {
        work.references().add(blob.id, at(4));
        work.references().remove(blob.id, at(4));
    })
    .await
    .done();
    assert_eq!(read(&acme, &blob).await.revision, Revision::new(4));
}

/// Checks that concurrent shifts of one blob, with movements of one quota, are
/// all applied, and that none refuses another.
pub(super) async fn no_concurrent_reference_is_lost(world: &World) {
    let acme = world.company("Acme").await;
    let blob = stored(world, &acme).await;
    for (step, by) in [1, -1].into_iter().enumerate() {
        let units = (0..UNITS).map(|_| {
            let store = Arc::clone(&acme.store);
            let blob = blob.id;
            tokio::spawn(async move {
                let mut work = store.begin();
                if by > 0 {
                    work.references().add(blob, NOW);
                    work.quota().settle(0, 1);
                } else {
                    work.references().remove(blob, NOW);
                    work.quota().release(1);
                }
                store.commit(work).await
            })
        });
        for unit in units.collect::<Vec<_>>() {
            unit.await.expect("the task ends").done();
        }
        let left = if by > 0 { UNITS } else { 0 };
        assert_eq!(
            references(&read(&acme, &blob).await),
            (1 + left, None),
            "step {step}"
        );
        let quota = acme.store.quota().current().await.value();
        assert_eq!(quota.used_bytes, u64::from(left));
    }
}

pub(super) async fn a_removed_blob_takes_no_reference(world: &World) {
    let acme = world.company("Acme").await;
    let add = async |blob: &Blob| {
        let blob = blob.id;
        let unit = acme.commit(|work| work.references().add(blob, NOW));
        unit.await.refusal()
    };
    let stale = Refusal::Stale(Kind::Blob);
    let open = world.samples.open_blob(acme.id, 1);
    acme.commit(|work| work.blobs().add(&open)).await.done();
    assert_eq!(add(&open).await, stale);

    let mut blob = stored(world, &acme).await;
    acme.commit(|work| work.references().remove(blob.id, NOW))
        .await
        .done();
    blob = read(&acme, &blob).await;
    blob.abandon().expect("unreferenced");
    acme.commit(|work| work.blobs().update(&blob)).await.done();
    assert_eq!(add(&blob).await, stale);
    blob = read(&acme, &blob).await;
    acme.commit(|work| work.blobs().remove(&blob)).await.done();
    assert_eq!(add(&blob).await, Refusal::Missing(Kind::Blob));

    let mut corrupt = stored(world, &acme).await;
    corrupt.mark_corrupt(NOW).expect("stored");
    acme.commit(|work| work.blobs().update(&corrupt))
        .await
        .done();
    assert_eq!(add(&corrupt).await, stale);
    let remove = async || {
        let unit = acme.commit(|work| work.references().remove(corrupt.id, at(5)));
        unit.await
    };
    remove().await.done();
    assert_eq!(remove().await.refusal(), stale, "there is no reference");
    assert_eq!(references(&read(&acme, &corrupt).await), (0, Some(at(5))));
}

/// Checks that a blob with a new reference cannot be abandoned on the basis of
/// an earlier read.
pub(super) async fn a_reference_makes_earlier_reads_stale(world: &World) {
    let acme = world.company("Acme").await;
    let blob = stored(world, &acme).await;
    acme.commit(|work| work.references().remove(blob.id, NOW))
        .await
        .done();
    let mut abandoned = read(&acme, &blob).await;
    abandoned.abandon().expect("unreferenced");
    acme.commit(|work| work.references().add(blob.id, NOW))
        .await
        .done();
    let refused = acme.commit(|work| work.blobs().update(&abandoned)).await;
    assert_eq!(refused.refusal(), Refusal::Stale(Kind::Blob));
}

pub(super) async fn a_refused_reference_refuses_the_unit(world: &World) {
    let acme = world.company("Acme").await;
    let globex = world.company("Globex").await;
    let blob = stored(world, &acme).await;
    let foreign = stored(world, &globex).await;
    for (id, shifts, expected) in [
        (foreign.id, 1, Refusal::Missing(Kind::Blob)),
        (blob.id, 2, Refusal::Stale(Kind::Blob)),
    ] {
        let file = world.samples.file(acme.id, "a.txt");
        let unit = acme.commit(|work| {
            work.files().add(&file);
            (0..shifts).for_each(|_| work.references().remove(id, NOW));
            work.quota().reserve(u64::from(u32::MAX));
        });
        assert_eq!(unit.await.refusal(), expected);
        let found = acme.store.files().lookup(file.id).await.value();
        assert_eq!(found, None);
    }
    assert_eq!(read(&acme, &blob).await, blob);
    assert_eq!(read(&globex, &foreign).await, foreign);
    let both = acme.commit(|work| {
        work.blobs().update(&blob);
        work.references().add(blob.id, NOW);
    });
    assert_eq!(both.await.failure(), PortErrorKind::Internal);
}
