//! Puts.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, future::join_all, stream};
use tenantry_application::ports::{BodyError, IdGenerator, PortErrorKind, PutError};
use tenantry_crypto::UuidV7Ids;
use tenantry_domain::{blob::Digest, id::TenantId};
use tokio::time::{Instant, timeout};

use super::{ANY_SIZE, BlobFixture, PIECE, body, broken_body, key, key_of, sample, stalled_body};

/// More than a store gathers before it starts to write.
const LARGE: usize = 3 * 1024 * 1024 + 17;

pub(super) async fn bodies_of_any_size_round_trip(fixture: &BlobFixture) {
    for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 1024 * 1024, LARGE] {
        let (key, bytes) = (key(), sample(size));
        let content = fixture.stored(key, &bytes).await;
        assert_eq!(content.size_bytes, size as u64);
        assert_eq!(content.pieces.len(), size.div_ceil(PIECE));
        assert_eq!(fixture.size(key).await, Some(size as u64));
        assert!(fixture.read_all(key, &content).await == bytes, "{size}");
        fixture.store.verify(key, &content).await.expect("intact");
    }
    let content = fixture.stored(key(), b"123456789").await;
    let digest = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
    assert_eq!(Digest::parse(digest), Ok(content.digest));
    assert_eq!(content.pieces, [0xE306_9283], "CRC-32C");
}

pub(super) async fn frame_sizes_do_not_matter(fixture: &BlobFixture) {
    let bytes = sample(LARGE);
    let whole = fixture.stored(key(), &bytes).await;
    for frame in [777, 65_536, 262_143, 1_048_577] {
        let key = key();
        let put = fixture.store.put(key, body(&bytes, frame), ANY_SIZE);
        assert_eq!(put.await.expect("stored"), whole, "in frames of {frame}");
        assert!(fixture.read_all(key, &whole).await == bytes);
    }
    let sparse = stream::iter(sample(100))
        .flat_map(|byte| stream::iter([Ok(Bytes::new()), Ok(Bytes::copy_from_slice(&[byte]))]));
    let put = fixture.store.put(key(), sparse.boxed(), ANY_SIZE).await;
    assert_eq!(
        put.expect("stored"),
        fixture.stored(key(), &sample(100)).await
    );
}

pub(super) async fn large_bodies_round_trip(fixture: &BlobFixture) {
    // Exactly one part, and more than three.
    for size in [8 * 1024 * 1024, 25 * 1024 * 1024 + 3] {
        let (key, bytes) = (key(), sample(size));
        let put = fixture.store.put(key, body(&bytes, 65_536), ANY_SIZE);
        let content = put.await.expect("stored");
        assert!(fixture.read_all(key, &content).await == bytes, "{size}");
        fixture.store.verify(key, &content).await.expect("intact");
        fixture.expect_only(&[key]).await;
        fixture.delete(key).await;
    }
}

pub(super) async fn the_size_limit_is_exact(fixture: &BlobFixture) {
    for size in [1, PIECE, LARGE] {
        let (bytes, limit) = (sample(size), size as u64);
        let exact = key();
        let put = fixture.store.put(exact, body(&bytes, 5000), limit);
        assert_eq!(put.await.expect("stored").size_bytes, limit);

        let smaller = limit - 1;
        let put = fixture.store.put(key(), body(&bytes, 5000), smaller);
        let rejected = put.await;
        let is_too_large =
            matches!(rejected, Err(PutError::TooLarge { limit }) if limit == smaller);
        assert!(is_too_large, "{rejected:?}");
        fixture.expect_only(&[exact]).await;
        fixture.delete(exact).await;
    }
    // The first byte beyond the limit ends the put.
    let endless = stream::repeat(Ok(Bytes::from_static(&[0; 1000]))).boxed();
    let rejected = fixture.store.put(key(), endless, 10_000).await;
    assert!(matches!(
        rejected,
        Err(PutError::TooLarge { limit: 10_000 })
    ));
    assert!(fixture.store.put(key(), body(b"", 1), 0).await.is_ok());
}

pub(super) async fn a_digest_stores_nothing(fixture: &BlobFixture) {
    for size in [0, 1, PIECE, LARGE] {
        let bytes = sample(size);
        let stored = fixture.stored(key(), &bytes).await;
        let limit = size as u64;
        let content = fixture.store.digest(body(&bytes, 5000), limit).await;
        assert_eq!(content.expect("a digest"), stored);
        if let Some(limit) = limit.checked_sub(1) {
            let rejected = fixture.store.digest(body(&bytes, 5000), limit).await;
            assert!(matches!(rejected, Err(PutError::TooLarge { .. })));
        }
        let broken = broken_body(&bytes, BodyError::Cut);
        let failed = fixture.store.digest(broken, ANY_SIZE).await;
        assert!(matches!(failed, Err(PutError::Body(BodyError::Cut))));
    }
}

pub(super) async fn a_broken_body_leaves_nothing(fixture: &BlobFixture) {
    for size in [0, 10, PIECE, LARGE] {
        let key = key();
        let body = broken_body(&sample(size), BodyError::Revoked);
        let failed = fixture.store.put(key, body, ANY_SIZE).await;
        assert!(matches!(failed, Err(PutError::Body(BodyError::Revoked))));
        assert_eq!(fixture.size(key).await, None);
        fixture.expect_only(&[]).await;
    }
}

pub(super) async fn a_dropped_put_leaves_nothing(fixture: &BlobFixture) {
    for size in [0, 10, LARGE, 4 * LARGE] {
        let key = key();
        let put = fixture
            .store
            .put(key, stalled_body(&sample(size)), ANY_SIZE);
        assert!(timeout(Duration::from_millis(50), put).await.is_err());
        assert_eq!(fixture.size(key).await, None);
        fixture.expect_only(&[]).await;
    }
    // Dropped at any moment, even while the object becomes visible.
    for size in [100, LARGE] {
        let bytes = sample(size);
        let first = key();
        let start = Instant::now();
        fixture.stored(first, &bytes).await;
        let whole = start.elapsed();
        let mut stored = vec![first];
        for step in 0..40 {
            let key = key();
            let put = fixture.store.put(key, body(&bytes, 65_536), ANY_SIZE);
            if let Ok(outcome) = timeout(whole * step / 32, put).await {
                outcome.expect("stored");
                stored.push(key);
            }
        }
        fixture.expect_only(&stored).await;
        for key in stored {
            fixture.delete(key).await;
        }
    }
}

pub(super) async fn a_key_cannot_be_reused(fixture: &BlobFixture) {
    for (first, second) in [(10, 10), (10, LARGE), (LARGE, 10), (LARGE, LARGE)] {
        let (key, bytes) = (key(), sample(first));
        let content = fixture.stored(key, &bytes).await;
        let again = body(&vec![7; second], 65_536);
        let rejected = fixture.store.put(key, again, ANY_SIZE).await;
        let is_internal = matches!(&rejected, Err(PutError::Store(error)) if error.kind == PortErrorKind::Internal);
        assert!(is_internal, "{rejected:?}");
        assert!(fixture.read_all(key, &content).await == bytes);
        fixture.expect_only(&[key]).await;
        fixture.delete(key).await;
    }
}

pub(super) async fn concurrent_puts_succeed(fixture: &BlobFixture) {
    let tenant = TenantId::from_uuid(UuidV7Ids.next());
    let puts = (0..40).map(|number: usize| async move {
        // One new tenant; small and large bodies.
        let bytes = sample(number * 50_021);
        let key = key_of(tenant);
        let put = fixture.store.put(key, body(&bytes, 40_000), ANY_SIZE).await;
        (key, put.expect("stored"), bytes)
    });
    for (key, content, bytes) in join_all(puts).await {
        assert!(fixture.read_all(key, &content).await == bytes);
    }
    assert_eq!(fixture.listed().await.len(), 40);
}

pub(super) async fn equal_content_is_stored_per_tenant(fixture: &BlobFixture) {
    let (one, two) = (key(), key());
    let bytes = sample(PIECE + 1);
    let content = fixture.stored(one, &bytes).await;
    assert_eq!(fixture.stored(two, &bytes).await, content);
    fixture.delete(one).await;
    assert!(fixture.read_all(two, &content).await == bytes);
}

pub(super) async fn slow_bodies_do_not_block_others(fixture: &BlobFixture) {
    let (slow, bytes) = (sample(100_000), sample(LARGE));
    let mut stalled = stream::iter(0..200)
        .map(|_| fixture.store.put(key(), stalled_body(&slow), ANY_SIZE))
        .buffer_unordered(200);
    let key = key();
    tokio::select! {
        // Polled first, so that all of them start first.
        biased;
        _ = stalled.next() => unreachable!("a stalled body never ends"),
        content = fixture.stored(key, &bytes) => {
            assert!(fixture.read_all(key, &content).await == bytes);
        }
    }
}
