use std::{pin::pin, time::Duration};

use futures_util::{StreamExt, future, stream};
use tenantry_application::ports::{
    BlobCheck, CheckOutcome, Clock, IdGenerator, PortErrorKind, PresignAccess, PresignRequest,
};
use tenantry_crypto::{SystemClock, UuidV7Ids};

use super::{ANY_SIZE, BlobFixture, PIECE, body, key, key_of, sample, stalled_body};

pub(super) async fn deleting_twice_is_fine(fixture: &BlobFixture) {
    let (gone, kept) = (key(), key());
    fixture.stored(gone, b"bytes").await;
    let content = fixture.stored(kept, b"other").await;
    for _ in 0..2 {
        fixture.store.delete(gone).await.expect("deleted");
        assert_eq!(fixture.store.size(gone).await.expect("looked"), None);
    }
    fixture.store.delete(key()).await.expect("nothing to do");
    fixture
        .store
        .delete(key_of(kept.tenant_id))
        .await
        .expect("nothing to do");
    assert_eq!(fixture.read_all(kept, &content).await, b"other");
}

pub(super) async fn everything_stored_is_listed(fixture: &BlobFixture) {
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

pub(super) async fn foreign_objects_are_left_out(fixture: &BlobFixture) {
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
        fixture.behind.plant(&name, b"foreign".to_vec()).await;
    }
    let listed = fixture.listed().await;
    assert_eq!(listed.iter().map(|e| e.key).collect::<Vec<_>>(), [kept]);
}

pub(super) async fn sweeping_spares_what_is_visible_or_under_way(fixture: &BlobFixture) {
    let (kept, slow) = (key(), key());
    let content = fixture.stored(kept, b"bytes").await;
    let bytes = sample(3 * 1024 * 1024);
    let (resume, resumed) = tokio::sync::oneshot::channel::<()>();
    let pause = stream::once(resumed).filter_map(|_| future::ready(None));
    let paused = body(&bytes, 65_536).chain(pause);
    let mut put = pin!(fixture.store.put(slow, paused.boxed(), ANY_SIZE));
    let wait = Duration::from_millis(100);
    assert!(tokio::time::timeout(wait, put.as_mut()).await.is_err());
    fixture
        .store
        .sweep_staging(Duration::ZERO)
        .await
        .expect("swept");
    resume.send(()).expect("it waits");
    let slow_content = put.await.expect("stored");

    // After a drop there is nothing to sweep or it is swept.
    let dropped = fixture.store.put(key(), stalled_body(&bytes), ANY_SIZE);
    assert!(tokio::time::timeout(wait, dropped).await.is_err());
    fixture
        .store
        .sweep_staging(Duration::ZERO)
        .await
        .expect("swept");
    fixture.keeps_only(&[kept, slow]).await;
    assert_eq!(fixture.read_all(kept, &content).await, b"bytes");
    assert!(fixture.read_all(slow, &slow_content).await == bytes);
}

pub(super) async fn an_examination_finds_all_well(fixture: &BlobFixture) {
    let checks = fixture.store.examine().await;
    let failed = |check: &&BlobCheck| check.outcome == CheckOutcome::Failed;
    let failed: Vec<_> = checks.iter().filter(failed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let can = fixture.store.capabilities();
    let outcome = |name: &str| {
        let check = checks.iter().find(|check| check.name == name);
        check.expect("a check of that name").outcome
    };
    for name in ["write", "read", "range", "checksum", "delete"] {
        assert_eq!(outcome(name), CheckOutcome::Ok, "{name}");
    }
    let refuses = outcome("conditional_write") == CheckOutcome::Ok;
    assert_eq!(refuses, can.conditional_write);
    assert_eq!(outcome("multipart") == CheckOutcome::Ok, can.multipart);
    for name in ["presigned_get", "presigned_put"] {
        let tried = checks.iter().find(|check| check.name == name);
        let expected = can.presign.map(|_| CheckOutcome::Ok);
        assert_eq!(tried.map(|check| check.outcome), expected);
    }
    for check in checks
        .iter()
        .filter(|check| check.outcome != CheckOutcome::Ok)
    {
        assert_eq!(check.advice.lines().count(), 1, "{check:?}");
    }
    fixture.keeps_only(&[]).await;
}

pub(super) async fn what_signs_nothing_says_so(fixture: &BlobFixture) {
    let request = PresignRequest {
        key: key(),
        access: PresignAccess::Get,
        expires_in: Duration::from_mins(1),
    };
    let refused = fixture.store.presign(&request).await.err();
    let refused = refused.map(|error| error.kind);
    let can = fixture.store.capabilities().presign.is_some();
    assert_eq!(refused, (!can).then_some(PortErrorKind::Unsupported));
}

pub(super) async fn a_probe_leaves_nothing(fixture: &BlobFixture) {
    for _ in 0..3 {
        fixture.store.probe().await.expect("well");
    }
    assert!(fixture.listed().await.is_empty());
    fixture.keeps_only(&[]).await;
    // What a kill leaves of one is swept.
    let left = format!("probe/{}", UuidV7Ids.next());
    fixture.behind.plant(&left, b"tenantry".to_vec()).await;
    let hour = Duration::from_hours(1);
    for (age, pieces) in [(hour, 0), (Duration::ZERO, 1)] {
        let swept = fixture.store.sweep_staging(age).await.expect("swept");
        assert_eq!(swept.pieces, pieces);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    fixture.keeps_only(&[]).await;
}
