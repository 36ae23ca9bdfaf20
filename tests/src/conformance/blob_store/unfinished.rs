//! Writes that did not finish, or that another caller ends.

use std::{collections::HashSet, time::Duration};

use bytes::Bytes;
use futures_util::future::join;
use tenantry_application::ports::{BlobKey, PutError, SweepResult};

use super::{
    BlobFixture, MIB, UnfinishedEnd, key,
    open_put::{OPEN_BYTES, OpenPut},
    sample, stalled_body,
};
use crate::harness::until;

/// The size of a part.
const PART: usize = 8 * MIB;
/// The size of a body whose parts have all been sent when it ends.
const TWO_PARTS: usize = 2 * PART;
/// Races between a finish and an end.
const RACES: usize = 8;

fn is_reported(fixture: &BlobFixture) -> bool {
    fixture.direct.unfinished_end() == UnfinishedEnd::Reported
}

async fn is_unfinished(fixture: &BlobFixture, key: BlobKey) -> bool {
    !fixture.direct.unfinished_writes(key).await.is_empty()
}

pub(super) async fn a_sweep_spares_young_writes(fixture: &BlobFixture) {
    let keys = [key(), key(), key()];
    for key in keys {
        fixture.direct.abandon_write(key).await;
    }
    assert_eq!(fixture.sweep(super::HOUR).await, SweepResult::default());
    for key in keys {
        assert!(is_unfinished(fixture, key).await, "{key} was swept");
    }
    let mut pieces = 0;
    // The clock of a service may have a coarse resolution.
    until("the writes are old enough", async || {
        let swept = fixture.sweep(Duration::ZERO).await;
        pieces += swept.pieces;
        let reported: HashSet<_> = swept.unfinished.iter().copied().collect();
        assert_eq!(reported.len(), swept.unfinished.len(), "reported twice");
        let is_done = match fixture.direct.unfinished_end() {
            UnfinishedEnd::Removed => {
                assert!(reported.is_empty());
                pieces == 3
            }
            UnfinishedEnd::Reported => reported == HashSet::from(keys),
            UnfinishedEnd::Expired | UnfinishedEnd::Kept => {
                assert!(reported.is_empty());
                true
            }
        };
        is_done.then_some(())
    })
    .await;
    let is_swept = fixture.direct.unfinished_end() == UnfinishedEnd::Removed;
    assert_eq!(pieces, if is_swept { 3 } else { 0 });
    for key in keys {
        // Reported writes may be open: only their records can say.
        assert_eq!(is_unfinished(fixture, key).await, !is_swept, "{key}");
    }
    fixture.expect_only(&[]).await;
}

pub(super) async fn a_sweep_spares_objects_and_open_puts(fixture: &BlobFixture) {
    let (stored, open) = (key(), key());
    let content = fixture.stored(stored, b"bytes").await;
    let bytes = Bytes::from(sample(OPEN_BYTES));
    let put = fixture.open_put(open, bytes.clone()).await;
    fixture.sweep(Duration::ZERO).await;
    let open_content = put.finish().await.expect("stored");

    // A dropped put cleans up after itself, or the sweep does.
    let dropped = fixture.store.put(key(), stalled_body(&bytes), u64::MAX);
    let wait = Duration::from_millis(100);
    assert!(tokio::time::timeout(wait, dropped).await.is_err());
    fixture.sweep(Duration::ZERO).await;
    fixture.expect_only(&[stored, open]).await;
    assert_eq!(fixture.read_all(stored, &content).await, b"bytes");
    assert!(fixture.read_all(open, &open_content).await == bytes);
}

pub(super) async fn ending_a_key_ends_all_of_its_writes(fixture: &BlobFixture) {
    let (ended, other, stored) = (key(), key(), key());
    let content = fixture.stored(stored, b"bytes").await;
    for key in [ended, other, ended, stored] {
        fixture.direct.abandon_write(key).await;
    }
    let is_reported = is_reported(fixture);
    for (key, writes) in [(ended, 2), (ended, 0), (stored, 1)] {
        let count = fixture.store.abort_unfinished(key).await.expect("ended");
        assert_eq!(count, if is_reported { writes } else { 0 });
        assert_eq!(is_unfinished(fixture, key).await, !is_reported, "{key}");
    }
    assert!(is_unfinished(fixture, other).await, "another key was ended");
    fixture
        .store
        .verify(stored, &content)
        .await
        .expect("intact");
}

/// Expects a put that the store counts as ended to fail, and any other to
/// finish.
pub(super) async fn an_ended_put_does_not_finish(fixture: &BlobFixture) {
    // With and without a part that is sent after the end.
    for size in [OPEN_BYTES, TWO_PARTS] {
        let (key, bytes) = (key(), Bytes::from(sample(size)));
        let put = open_put(fixture, key, &bytes).await;
        let ended = fixture.store.abort_unfinished(key).await.expect("ended");
        let outcome = put.finish().await;
        if is_reported(fixture) {
            assert_eq!(ended, 1);
            let is_retryable =
                matches!(&outcome, Err(PutError::Store(error)) if error.is_retryable());
            assert!(is_retryable, "{outcome:?}");
            assert_eq!(fixture.size(key).await, None);
            assert!(!is_unfinished(fixture, key).await);
        } else {
            assert_eq!(ended, 0);
            let content = outcome.expect("stored");
            assert!(fixture.read_all(key, &content).await == bytes);
            fixture.delete(key).await;
        }
        fixture.expect_only(&[]).await;
    }
}

pub(super) async fn an_end_racing_a_finish_has_one_outcome(fixture: &BlobFixture) {
    let bytes = Bytes::from(sample(TWO_PARTS));
    for _ in 0..RACES {
        let key = key();
        let put = open_put(fixture, key, &bytes).await;
        let end = async {
            fixture.store.abort_unfinished(key).await.expect("ended");
            fixture.size(key).await
        };
        let (size, outcome) = join(end, put.finish()).await;
        match outcome {
            Ok(content) => {
                let is_late = size.is_none() && is_reported(fixture);
                assert!(!is_late, "the put finished after its end");
                fixture.store.verify(key, &content).await.expect("intact");
                fixture.delete(key).await;
            }
            Err(error) => assert!(is_reported(fixture), "{error}"),
        }
        fixture.expect_only(&[]).await;
    }
}

/// Opens a put; where writes can be ended, waits until all whole parts have
/// arrived.
async fn open_put(fixture: &BlobFixture, key: BlobKey, bytes: &Bytes) -> OpenPut {
    let put = fixture.open_put(key, bytes.clone()).await;
    if is_reported(fixture) {
        let parts = bytes.len() / PART * PART;
        until("all whole parts have arrived", async || {
            (fixture.unfinished_bytes(key).await == parts).then_some(())
        })
        .await;
    }
    put
}
