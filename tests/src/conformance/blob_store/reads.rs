use futures_util::StreamExt;
use tenantry_application::ports::PortErrorKind;

use super::{BlobFixture, PIECE, key, sample};

pub(super) async fn ranges_begin_and_end_anywhere(fixture: &BlobFixture) {
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
            let (came, failure) = fixture.read(key, &content, start as u64..end as u64).await;
            assert_eq!(failure, None);
            assert!(
                Some(came.as_slice()) == bytes.get(start..end),
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

pub(super) async fn absent_bytes_are_not_found(fixture: &BlobFixture) {
    let kept = key();
    let content = fixture.stored(kept, b"bytes").await;
    let beside = super::key_of(kept.tenant_id);
    for absent in [key(), beside] {
        let not_found = (vec![], Some(PortErrorKind::NotFound));
        assert_eq!(fixture.read(absent, &content, 0..5).await, not_found);
        assert_eq!(fixture.read(absent, &content, 0..0).await, not_found);
        let verdict = fixture.store.verify(absent, &content).await;
        assert_eq!(
            verdict.map_err(|error| error.kind),
            Err(PortErrorKind::NotFound)
        );
        assert_eq!(fixture.store.size(absent).await.expect("looked"), None);
    }
}

pub(super) async fn a_range_outside_is_refused(fixture: &BlobFixture) {
    let key = key();
    let content = fixture.stored(key, b"bytes").await;
    let backwards = std::ops::Range { start: 4, end: 2 };
    for range in [0..6, 6..7, 0..u64::MAX, backwards] {
        let refused = (vec![], Some(PortErrorKind::Internal));
        assert_eq!(fixture.read(key, &content, range).await, refused);
    }
}

pub(super) async fn a_read_may_be_dropped(fixture: &BlobFixture) {
    let (key, bytes) = (key(), sample(8 * PIECE));
    let content = fixture.stored(key, &bytes).await;
    let size = content.size_bytes;
    for taken in 0..4 {
        let stream = fixture.store.read(key, &content, 0..size).await;
        let came = stream
            .expect("opened")
            .take(taken)
            .collect::<Vec<_>>()
            .await;
        assert!(came.len() == taken && came.iter().all(Result::is_ok));
    }
    // Deleted while it is read: what was opened may end well or be cut, but
    // never says anything else.
    let mut stream = fixture
        .store
        .read(key, &content, 0..size)
        .await
        .expect("opened");
    let mut came = stream
        .next()
        .await
        .expect("a piece")
        .expect("good")
        .to_vec();
    fixture.store.delete(key).await.expect("deleted");
    while let Some(Ok(piece)) = stream.next().await {
        came.extend_from_slice(&piece);
    }
    assert!(bytes.starts_with(&came));
}
