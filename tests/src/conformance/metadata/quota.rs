//! The storage quota is exact under any sequence of units.

use std::sync::Arc;

use tenantry_application::{
    ports::{CommitError, PlaceUsage, PortErrorKind, Refusal, UniqueKey, Usage},
    work::{Kind, TenantWork},
};
use tenantry_domain::{
    file::{Bucket, Place},
    id::FileId,
    quota::Quota,
    version::FileVersion,
};
use uuid::Uuid;

use super::world::{Company, Outcome, ROOM, ReadOutcome, World, active};
use crate::conformance::samples::digest;

async fn used_and_reserved(company: &Company) -> (u64, u64) {
    let quota = company.store.quota().current().await.value();
    (quota.used_bytes, quota.reserved_bytes)
}

pub(super) async fn a_new_quota_is_unused(world: &World) {
    let acme = world.company("Acme").await;
    let empty = Quota::new(acme.id, ROOM);
    assert_eq!(acme.store.quota().current().await.value(), empty);
    let usage = acme.store.quota().usage().await.value();
    let nothing = Usage {
        quota: empty,
        places: Vec::new(),
        open_uploads: 0,
        open_upload_bytes: 0,
        stored_bytes: 0,
    };
    assert_eq!(usage, nothing);
}

pub(super) async fn reading_a_missing_quota_fails(world: &World) {
    let tenant = world.samples.tenant("Acme");
    world
        .commit(|work| work.tenants().add(&tenant))
        .await
        .done();
    let store = world.store.open(active(tenant.id)).await.value();
    assert_eq!(
        store.quota().current().await.failure(),
        PortErrorKind::NotFound
    );
    assert_eq!(
        store.quota().usage().await.failure(),
        PortErrorKind::NotFound
    );
    let acme = Company {
        id: tenant.id,
        store,
    };
    let refusal = acme.commit(|work| work.quota().reserve(1)).await.refusal();
    assert_eq!(refusal, Refusal::Missing(Kind::Quota));
}

pub(super) async fn a_quota_is_opened_once(world: &World) {
    let acme = world.company("Acme").await;
    acme.commit(|work| work.quota().reserve(5)).await.done();
    let refusal = world
        .commit(|work| work.open_quota(acme.id, 1))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::Id(Kind::Quota)));
    assert_eq!(used_and_reserved(&acme).await, (0, 5));
}

pub(super) async fn bytes_move_from_reserved_to_used_and_back(world: &World) {
    let acme = world.company_with_room("Acme", 100).await;
    acme.commit(|work| work.quota().reserve(60)).await.done();
    assert_eq!(used_and_reserved(&acme).await, (0, 60));
    acme.commit(|work| work.quota().settle(60, 50)).await.done();
    assert_eq!(used_and_reserved(&acme).await, (50, 0));
    acme.commit(|work| work.quota().reserve(50)).await.done();
    acme.commit(|work| work.quota().release_reserved(20))
        .await
        .done();
    assert_eq!(used_and_reserved(&acme).await, (50, 30));
    acme.commit(|work| work.quota().release(50)).await.done();
    assert_eq!(used_and_reserved(&acme).await, (0, 30));
}

pub(super) async fn the_last_byte_fits_and_the_next_does_not(world: &World) {
    let acme = world.company_with_room("Acme", 100).await;
    acme.commit(|work| work.quota().reserve(99)).await.done();
    let refusal = acme.commit(|work| work.quota().reserve(2)).await.refusal();
    assert_eq!(refusal, Refusal::Quota);
    acme.commit(|work| work.quota().reserve(1)).await.done();
    // More was used than reserved, and nothing is left.
    let refusal = acme
        .commit(|work| work.quota().settle(100, 101))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Quota);
    assert_eq!(used_and_reserved(&acme).await, (0, 100));
}

pub(super) async fn only_reserved_bytes_can_be_released(world: &World) {
    let acme = world.company("Acme").await;
    acme.commit(|work| work.quota().reserve(5)).await.done();
    let refusal = acme
        .commit(|work| work.quota().release_reserved(6))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Quota);
    let refusal = acme.commit(|work| work.quota().release(1)).await.refusal();
    assert_eq!(refusal, Refusal::Quota);
    assert_eq!(used_and_reserved(&acme).await, (0, 5));
}

pub(super) async fn movements_of_a_unit_are_added_up(world: &World) {
    let acme = world.company_with_room("Acme", 100).await;
    acme.commit(|work| work.quota().reserve(90)).await.done();
    // One by one, the first would not fit.
    acme.commit(|work| {
        work.quota().reserve(80);
        work.quota().release_reserved(90);
    })
    .await
    .done();
    assert_eq!(used_and_reserved(&acme).await, (0, 80));
    // One by one, each would fit.
    let refusal = acme
        .commit(|work| {
            work.quota().reserve(15);
            work.quota().reserve(15);
        })
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Quota);
    assert_eq!(used_and_reserved(&acme).await, (0, 80));
}

pub(super) async fn versions_are_counted_and_limited(world: &World) {
    let acme = world.company_with_room("Acme", 100).await;
    let count = async || acme.store.quota().current().await.value().versions;
    acme.commit(|work| {
        work.quota().add_version(2);
        work.quota().add_version(2);
        work.quota().settle(0, 60);
    })
    .await
    .done();
    assert_eq!(count().await, 2);
    let refused: [&(dyn Fn(&mut TenantWork) + Sync); 3] = [
        &|work| work.quota().add_version(2),
        &|work| work.quota().expect_room_for_version(2),
        // The strictest limit of a unit counts.
        &|work| {
            work.quota().add_version(9);
            work.quota().expect_room_for_version(3);
        },
    ];
    for change in refused {
        let refusal = acme.commit(|work| change(work)).await.refusal();
        assert_eq!(refusal, Refusal::Quota);
    }
    acme.commit(|work| work.quota().expect_room_for_version(3))
        .await
        .done();
    acme.commit(|work| work.quota().remove_version(50))
        .await
        .done();
    assert_eq!(
        (count().await, used_and_reserved(&acme).await),
        (1, (10, 0))
    );
    acme.commit(|work| work.quota().correct_versions(1, 7))
        .await
        .done();
    assert_eq!(count().await, 7);
    // An earlier program did not count all of them.
    acme.commit(|work| {
        for _ in 0..8 {
            work.quota().remove_version(0);
        }
        work.quota().settle(0, 5);
    })
    .await
    .done();
    assert_eq!(
        (count().await, used_and_reserved(&acme).await),
        (0, (15, 0))
    );
}

pub(super) async fn a_quota_can_be_corrected(world: &World) {
    let acme = world.company_with_room("Acme", 100).await;
    acme.commit(|work| work.quota().settle(0, 40)).await.done();
    acme.commit(|work| work.quota().reserve(30)).await.done();
    let correct = |work: &mut TenantWork| work.quota().correct((40, 30), (45, 0));
    acme.commit(correct).await.done();
    assert_eq!(used_and_reserved(&acme).await, (45, 0));
    // Usage does not grow, so this is allowed above the limit.
    acme.commit(|work| work.quota().correct((45, 0), (5, 40)))
        .await
        .done();
    assert_eq!(used_and_reserved(&acme).await, (5, 40));
}

pub(super) async fn every_concurrent_reserve_is_exact(world: &World) {
    let acme = world.company_with_room("Acme", 10).await;
    let reserves = (0..64).map(|_| {
        let store = Arc::clone(&acme.store);
        tokio::spawn(async move {
            let mut work = store.begin();
            work.quota().reserve(1);
            store.commit(work).await
        })
    });
    let (mut taken, mut refused) = (0, 0);
    for reserve in reserves.collect::<Vec<_>>() {
        match reserve.await.expect("the task ends") {
            Ok(()) => taken += 1,
            Err(CommitError::Refused(Refusal::Quota)) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((taken, refused), (10, 54));
    assert_eq!(used_and_reserved(&acme).await, (0, 10));
}

pub(super) async fn quotas_of_two_tenants_are_independent(world: &World) {
    let acme = world.company_with_room("Acme", 10).await;
    let globex = world.company_with_room("Globex", 10).await;
    acme.commit(|work| work.quota().reserve(10)).await.done();
    globex.commit(|work| work.quota().reserve(9)).await.done();
    assert_eq!(used_and_reserved(&acme).await, (0, 10));
    assert_eq!(used_and_reserved(&globex).await, (0, 9));
}

pub(super) async fn usage_adds_up(world: &World) {
    let acme = world.company("Acme").await;
    let globex = world.company("Globex").await;
    let (ann, bob) = (world.samples.user(), world.samples.user());
    // For each file its place and the sizes of its versions; `None` has no
    // content any more.
    let files: [(Place, &[Option<u64>]); 4] = [
        (acme.place(), &[Some(100), Some(50)]),
        (acme.place(), &[Some(7)]),
        (Place::User(ann), &[Some(1), None]),
        (Place::User(bob), &[None]),
    ];
    for (n, (place, sizes)) in files.into_iter().enumerate() {
        let file = world.samples.file_in(acme.id, place, &format!("f{n}"));
        let versions = sizes.iter().zip(1..);
        let versions: Vec<_> = versions
            .map(|(size, n)| version(world, &acme, file.id, n, *size))
            .collect();
        let used = sizes.iter().flatten().sum();
        acme.commit(|work| {
            work.files().add(&file);
            for version in &versions {
                work.versions().add(version);
            }
            work.quota().settle(0, used);
        })
        .await
        .done();
    }
    let open = [30, 12].map(|bytes| world.samples.open_blob(acme.id, bytes));
    let mut abandoned = world.samples.open_blob(acme.id, 999);
    abandoned.abandon().expect("open");
    let stored = [1, 2].map(|n| world.samples.stored_blob(acme.id, digest(n), 60));
    acme.commit(|work| {
        for blob in open.iter().chain(&stored).chain([&abandoned]) {
            work.blobs().add(blob);
        }
        work.quota().reserve(42);
    })
    .await
    .done();
    let theirs = world.samples.open_blob(globex.id, 5);
    globex.commit(|work| work.blobs().add(&theirs)).await.done();

    let mut usage = acme.store.quota().usage().await.value();
    usage
        .places
        .sort_by_key(|place| (place.bucket.as_str(), place.bucket_id));
    let place = |bucket, bucket_id: Uuid, files, versions, bytes| PlaceUsage {
        bucket,
        bucket_id,
        files,
        versions,
        bytes,
    };
    let expected = [
        place(Bucket::Companies, acme.id.as_uuid(), 2, 3, 157),
        place(Bucket::Users, ann.as_uuid(), 1, 1, 1),
        place(Bucket::Users, bob.as_uuid(), 1, 0, 0),
    ];
    assert_eq!(usage.places, expected);
    assert_eq!(usage.quota, acme.store.quota().current().await.value());
    assert_eq!(
        usage.places.iter().map(|p| p.bytes).sum::<u64>(),
        usage.quota.used_bytes
    );
    assert_eq!((usage.open_uploads, usage.open_upload_bytes), (2, 42));
    assert_eq!(usage.open_upload_bytes, usage.quota.reserved_bytes);
    assert_eq!(usage.stored_bytes, 120);
}

fn version(
    world: &World,
    company: &Company,
    file: FileId,
    number: u32,
    size: Option<u64>,
) -> FileVersion {
    let mut version = world.samples.version(company.id, file, number);
    match size {
        Some(bytes) => version.charged_bytes = bytes,
        None => version.blob_id = None,
    }
    version
}
