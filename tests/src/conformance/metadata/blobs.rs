//! Blob records: storage, deduplication, sweeping.

use tenantry_domain::{
    Revision,
    blob::{Blob, BlobState, Content},
};

use super::world::{Company, Outcome, ReadOutcome, World};
use crate::conformance::samples::{NOW, at, backend, digest, shift};

async fn add(company: &Company, blob: &Blob) {
    company.commit(|work| work.blobs().add(blob)).await.done();
}

async fn read(company: &Company, blob: &Blob) -> Option<Blob> {
    company.store.blobs().lookup(blob.id).await.value()
}

pub(super) async fn no_blob_is_found_in_an_empty_store(world: &World) {
    let acme = world.company("Acme").await;
    let nobody = world.samples.open_blob(acme.id, 1);
    let blobs = acme.store.blobs();
    assert_eq!(blobs.lookup(nobody.id).await.value(), None);
    assert_eq!(
        blobs
            .find_by_digest(&backend("main"), digest(1), 1)
            .await
            .value(),
        None
    );
    assert_eq!(
        blobs
            .find_to_sweep(&(at(1000)..=at(2000)), 10)
            .await
            .value(),
        []
    );
    assert_eq!(blobs.scan(None, 10).await.value(), []);
}

pub(super) async fn every_state_is_stored(world: &World) {
    let acme = world.company("Acme").await;
    let mut open = world.samples.open_blob(acme.id, (1 << 53) + 1);
    open.heartbeat(at(9)).expect("open");
    let mut complete = world.samples.open_blob(acme.id, 0);
    complete.backend = backend("other-1_x");
    complete.state = BlobState::Stored {
        content: Content {
            size_bytes: (1 << 53) + 1,
            digest: digest(0xFF),
            pieces: (0..40_000).map(|n| u32::MAX - n).collect(),
        },
        references: 0,
        unreferenced_at: Some(at(1)),
        corrupt_at: Some(at(2)),
    };
    let mut empty = world.samples.stored_blob(acme.id, digest(0), 0);
    if let BlobState::Stored { content, .. } = &mut empty.state {
        content.pieces.clear();
    }
    let mut abandoned = world.samples.open_blob(acme.id, 1);
    abandoned.abandon().expect("open");
    for blob in [open, complete, empty, abandoned] {
        add(&acme, &blob).await;
        assert_eq!(read(&acme, &blob).await, Some(blob));
    }
}

pub(super) async fn a_blob_passes_through_its_states(world: &World) {
    let acme = world.company("Acme").await;
    let mut blob = world.samples.open_blob(acme.id, 10);
    add(&acme, &blob).await;
    let content = Content {
        size_bytes: 8,
        digest: digest(1),
        pieces: vec![5, 6],
    };
    let steps: [&dyn Fn(&mut Blob); 6] = [
        &|blob| blob.heartbeat(at(1)).expect("open"),
        &|blob| assert_eq!(blob.store(content.clone()), Ok(10)),
        &|blob| blob.shift_references(shift(1, NOW)).expect("stored"),
        &|blob| {
            blob.shift_references(shift(-1, at(2))).expect("two");
            blob.shift_references(shift(-1, at(3))).expect("one");
        },
        &|blob| blob.mark_corrupt(at(4)).expect("stored"),
        &|blob| assert_eq!(blob.abandon(), Ok(0)),
    ];
    for (n, step) in (2..).zip(steps) {
        step(&mut blob);
        acme.commit(|work| work.blobs().update(&blob)).await.done();
        blob.revision = Revision::new(n);
        assert_eq!(read(&acme, &blob).await.as_ref(), Some(&blob));
    }
}

pub(super) async fn equal_content_is_found(world: &World) {
    let acme = world.company("Acme").await;
    let blobs = acme.store.blobs();
    let find = async |name, n, size| {
        let found = blobs.find_by_digest(&backend(name), digest(n), size).await;
        found.value().map(|blob| blob.id)
    };
    let blob = world.samples.stored_blob(acme.id, digest(1), 10);
    let unshown = {
        let mut blob = world.samples.stored_blob(acme.id, digest(2), 10);
        blob.shift_references(shift(-1, NOW)).expect("one");
        blob
    };
    add(&acme, &blob).await;
    add(&acme, &unshown).await;
    assert_eq!(find("main", 1, 10).await, Some(blob.id));
    // Content without a reference is not shared: it may be deleted soon.
    assert_eq!(find("main", 2, 10).await, None);
    let spares = async |name, n, size, limit| {
        let backend = backend(name);
        let found = blobs.find_spares(&backend, digest(n), size, limit).await;
        found.value().into_iter().map(|blob| blob.id)
    };
    let other = {
        let mut blob = world.samples.stored_blob(acme.id, digest(2), 10);
        blob.shift_references(shift(-1, NOW)).expect("one");
        blob
    };
    add(&acme, &other).await;
    let mut both = [unshown.id, other.id];
    both.sort_unstable();
    let mut found: Vec<_> = spares("main", 2, 10, 10).await.collect();
    found.sort_unstable();
    assert_eq!(found, both);
    assert_eq!(spares("main", 2, 10, 1).await.count(), 1);
    for (name, n, size) in [("main", 1, 10), ("other", 2, 10), ("main", 2, 11)] {
        assert_eq!(spares(name, n, size, 10).await.count(), 0);
    }
    assert_eq!(find("other", 1, 10).await, None);
    assert_eq!(find("main", 1, 11).await, None);
    assert_eq!(find("main", 3, 10).await, None);
}

pub(super) async fn only_intact_blobs_are_found_by_digest(world: &World) {
    let acme = world.company("Acme").await;
    let mut corrupt = world.samples.stored_blob(acme.id, digest(1), 10);
    corrupt.mark_corrupt(NOW).expect("stored");
    let mut abandoned = world.samples.stored_blob(acme.id, digest(1), 10);
    abandoned.shift_references(shift(-1, NOW)).expect("one");
    add(&acme, &corrupt).await;
    add(&acme, &abandoned).await;
    abandoned.abandon().expect("unreferenced");
    acme.commit(|work| work.blobs().update(&abandoned))
        .await
        .done();
    let blobs = acme.store.blobs();
    let found = blobs
        .find_by_digest(&backend("main"), digest(1), 10)
        .await
        .value();
    assert_eq!(found, None);
    // An intact blob of the same content is found instead of the damaged one.
    let whole = world.samples.stored_blob(acme.id, digest(1), 10);
    add(&acme, &whole).await;
    let found = blobs
        .find_by_digest(&backend("main"), digest(1), 10)
        .await
        .value();
    assert_eq!(found, Some(whole));
}

/// Blobs of each kind that is swept, with the seconds since their last heartbeat
/// or reference; a time after the recent ones was set by a wrong clock.
pub(super) async fn the_sweeper_finds_expired_blobs(world: &World) {
    let acme = world.company("Acme").await;
    let mut expected = Vec::new();
    for seconds in [-1, 0, 100, 101] {
        let mut open = world.samples.open_blob(acme.id, 1);
        open.heartbeat(at(seconds)).expect("open");
        let mut stored = world.samples.stored_blob(acme.id, digest(1), 1);
        stored
            .shift_references(shift(-1, at(seconds)))
            .expect("one");
        for blob in [open, stored] {
            add(&acme, &blob).await;
            if !(0..=100).contains(&seconds) {
                expected.push(blob.id);
            }
        }
    }
    let mut shown = world.samples.stored_blob(acme.id, digest(2), 1);
    shown.mark_corrupt(at(-100)).expect("stored");
    add(&acme, &shown).await;
    let mut abandoned = world.samples.open_blob(acme.id, 1);
    abandoned.abandon().expect("open");
    add(&acme, &abandoned).await;
    expected.push(abandoned.id);

    let blobs = acme.store.blobs();
    let found = blobs.find_to_sweep(&(at(0)..=at(100)), 10).await.value();
    let mut found: Vec<_> = found.into_iter().map(|blob| blob.id).collect();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(
        blobs
            .find_to_sweep(&(at(0)..=at(100)), 2)
            .await
            .value()
            .len(),
        2
    );
}

pub(super) async fn a_scan_returns_every_row_by_id(world: &World) {
    let acme = world.company("Acme").await;
    let all: Vec<_> = (0..5)
        .map(|n| world.samples.open_blob(acme.id, n))
        .collect();
    for blob in all.iter().rev() {
        add(&acme, blob).await;
    }
    let blobs = acme.store.blobs();
    assert_eq!(blobs.scan(None, 3).await.value(), all[..3]);
    assert_eq!(blobs.scan(Some(all[2].id), 3).await.value(), all[3..]);
    assert_eq!(blobs.scan(Some(all[4].id), 3).await.value(), []);
}
