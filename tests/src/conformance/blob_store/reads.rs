//! Ranged reads.

use futures_util::StreamExt;
use tenantry_application::ports::PortErrorKind;

use super::{BlobFixture, PIECE, key, sample};

pub(super) async fn ranges_start_and_end_anywhere(fixture: &BlobFixture) {
    let (key, bytes) = (key(), sample(3 * PIECE + 100));
    let content = fixture.stored(key, &bytes).await;
    let edges = [
        0,
        1,
        PIECE - 1,
        PIECE,
        PIECE + 1,
        2 * PIECE,
        3 * PIECE - 1,
        3 * PIECE,
        3 * PIECE + 99,
        3 * PIECE + 100,
    ];
    for start in edges {
        for end in edges.into_iter().filter(|end| *end > start) {
            let (received, error) = fixture.read(key, &content, start as u64..end as u64).await;
            assert_eq!(error, None);
            assert!(
                Some(received.as_slice()) == bytes.get(start..end),
                "{start}..{end}"
            );
        }
    }
}

pub(super) async fn an_empty_range_is_empty(fixture: &BlobFixture) {
    let (full, empty) = (key(), key());
    let content = fixture.stored(full, b"bytes").await;
    for at in [0, 3, 5] {
        assert_eq!(fixture.read(full, &content, at..at).await, (vec![], None));
    }
    let content = fixture.stored(empty, b"").await;
    assert_eq!(fixture.read(empty, &content, 0..0).await, (vec![], None));
}

pub(super) async fn missing_objects_are_not_found(fixture: &BlobFixture) {
    let stored = key();
    let content = fixture.stored(stored, b"bytes").await;
    let same_tenant = super::key_of(stored.tenant_id);
    for missing in [key(), same_tenant] {
        let not_found = (vec![], Some(PortErrorKind::NotFound));
        assert_eq!(fixture.read(missing, &content, 0..5).await, not_found);
        assert_eq!(fixture.read(missing, &content, 0..0).await, not_found);
        let verified = fixture.store.verify(missing, &content).await;
        assert_eq!(
            verified.map_err(|error| error.kind),
            Err(PortErrorKind::NotFound)
        );
        assert_eq!(fixture.size(missing).await, None);
    }
}

pub(super) async fn out_of_bounds_ranges_are_rejected(fixture: &BlobFixture) {
    let key = key();
    let content = fixture.stored(key, b"bytes").await;
    let reversed = std::ops::Range { start: 4, end: 2 };
    for range in [0..6, 6..7, 0..u64::MAX, reversed] {
        let rejected = (vec![], Some(PortErrorKind::Internal));
        assert_eq!(fixture.read(key, &content, range).await, rejected);
    }
}

pub(super) async fn a_read_can_be_dropped(fixture: &BlobFixture) {
    let (key, bytes) = (key(), sample(8 * PIECE));
    let content = fixture.stored(key, &bytes).await;
    let size = content.size_bytes;
    for taken in 0..4 {
        let stream = fixture.store.read(key, &content, 0..size).await;
        let pieces = stream
            .expect("opened")
            .take(taken)
            .collect::<Vec<_>>()
            .await;
        assert!(pieces.len() == taken && pieces.iter().all(Result::is_ok));
    }
    // A read whose object is deleted may succeed or end early, but returns no
    // other bytes.
    let mut stream = fixture
        .store
        .read(key, &content, 0..size)
        .await
        .expect("opened");
    let mut received = stream
        .next()
        .await
        .expect("a piece")
        .expect("intact")
        .to_vec();
    fixture.delete(key).await;
    while let Some(Ok(piece)) = stream.next().await {
        received.extend_from_slice(&piece);
    }
    assert!(bytes.starts_with(&received));
}
