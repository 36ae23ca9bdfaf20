//! Deletes, lists, probes and examinations.

use std::time::Duration;

use tenantry_application::ports::{BlobCheck, CheckOutcome, Clock, IdGenerator};
use tenantry_crypto::{SystemClock, UuidV7Ids};

use super::{BlobFixture, HOUR, PIECE, key, key_of, sample};
use crate::harness::until;

pub(super) async fn deletes_are_idempotent(fixture: &BlobFixture) {
    let (deleted, kept) = (key(), key());
    fixture.stored(deleted, b"bytes").await;
    let content = fixture.stored(kept, b"other").await;
    for _ in 0..2 {
        fixture.delete(deleted).await;
        assert_eq!(fixture.size(deleted).await, None);
    }
    for missing in [key(), key_of(kept.tenant_id)] {
        fixture.delete(missing).await;
    }
    assert_eq!(fixture.read_all(kept, &content).await, b"other");
}

pub(super) async fn all_objects_are_listed(fixture: &BlobFixture) {
    assert!(fixture.listed().await.is_empty());
    let before = SystemClock.now().minus(Duration::from_secs(2));
    let mut expected = Vec::new();
    for tenant in [key().tenant_id, key().tenant_id] {
        for size in [0, 1, PIECE + 1] {
            let key = key_of(tenant);
            fixture.stored(key, &sample(size)).await;
            expected.push((key, size as u64));
        }
    }
    let after = SystemClock.now().plus(Duration::from_secs(2));
    expected.sort_by_key(|(key, _)| key.to_string());
    let listed = fixture.listed().await;
    assert!(
        listed
            .iter()
            .all(|e| before <= e.modified_at && e.modified_at <= after)
    );
    let listed: Vec<_> = listed.iter().map(|e| (e.key, e.size_bytes)).collect();
    assert_eq!(listed, expected);
}

pub(super) async fn foreign_objects_are_not_listed(fixture: &BlobFixture) {
    let kept = key();
    fixture.stored(kept, b"bytes").await;
    let id = UuidV7Ids.next();
    for name in [
        "readme.txt".to_owned(),
        format!("{id}"),
        "t/readme.txt".to_owned(),
        "t/acme/file".to_owned(),
        format!("t/{}/file", kept.tenant_id),
        format!("t/acme/{id}"),
        format!("t/{}/{}", kept.tenant_id, id.simple()),
        format!("t/{}/{}#1", kept.tenant_id, id),
        format!("t/{}/{}.tmp", kept.tenant_id, id),
        format!("u/{}/{}", kept.tenant_id, id),
    ] {
        fixture.direct.plant(&name, b"foreign".to_vec()).await;
    }
    let listed = fixture.listed().await;
    assert_eq!(listed.iter().map(|e| e.key).collect::<Vec<_>>(), [kept]);
}

pub(super) async fn an_examination_of_a_healthy_store_passes(fixture: &BlobFixture) {
    let checks = fixture.store.examine().await;
    let failed = |check: &&BlobCheck| check.outcome == CheckOutcome::Failed;
    let failed: Vec<_> = checks.iter().filter(failed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let declared = fixture.store.capabilities();
    let outcome = |name: &str| {
        let check = checks.iter().find(|check| check.name == name);
        check.expect("a check of that name").outcome
    };
    for name in ["write", "read", "range", "checksum", "delete"] {
        assert_eq!(outcome(name), CheckOutcome::Ok, "{name}");
    }
    let conditional_write = outcome("conditional_write") == CheckOutcome::Ok;
    assert_eq!(conditional_write, declared.conditional_write);
    let multipart = outcome("multipart") == CheckOutcome::Ok;
    assert_eq!(multipart, declared.multipart);
    for name in ["presigned_get", "presigned_put"] {
        let check = checks.iter().find(|check| check.name == name);
        let expected = declared.presign.map(|_| CheckOutcome::Ok);
        assert_eq!(check.map(|check| check.outcome), expected);
    }
    for check in checks
        .iter()
        .filter(|check| check.outcome != CheckOutcome::Ok)
    {
        assert_eq!(check.advice.lines().count(), 1, "{check:?}");
    }
    fixture.expect_only(&[]).await;
}

pub(super) async fn a_probe_leaves_nothing(fixture: &BlobFixture) {
    for _ in 0..3 {
        fixture.store.probe().await.expect("healthy");
    }
    assert!(fixture.listed().await.is_empty());
    fixture.expect_only(&[]).await;
    // A sweep removes the object of a probe that a kill interrupted.
    let orphan = format!("probe/{}", UuidV7Ids.next());
    fixture.direct.plant(&orphan, b"tenantry".to_vec()).await;
    assert_eq!(fixture.sweep(HOUR).await.pieces, 0);
    // The clock of a service may have a coarse resolution.
    let pieces = until("the orphaned object is swept", async || {
        let pieces = fixture.sweep(Duration::ZERO).await.pieces;
        (pieces > 0).then_some(pieces)
    });
    assert_eq!(pieces.await, 1);
    fixture.expect_only(&[]).await;
}
