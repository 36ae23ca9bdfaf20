//! What every store of bytes must do.

#![expect(clippy::expect_used, reason = "a failed case may panic")]

mod damage;
mod reads;
mod upkeep;
mod writes;

use std::{ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tenantry_application::ports::{
    BlobBody, BlobEntry, BlobKey, BlobStore, BodyError, IdGenerator, PortErrorKind,
};
use tenantry_crypto::UuidV7Ids;
use tenantry_domain::{
    blob::{Content, PIECE_BYTES},
    id::{BlobId, TenantId},
};

use super::suite::suite;

suite! { $ blob_store_suite: blob_store::BlobFixture {
    writes:
        every_size_comes_back
        frames_may_have_any_size
        large_bodies_come_back
        the_limit_is_exact
        a_body_is_told_without_being_stored
        a_broken_body_leaves_nothing
        a_dropped_put_leaves_nothing
        a_key_is_used_once
        puts_run_side_by_side
        equal_bytes_are_stored_for_each_tenant
        slow_bodies_do_not_stop_others;
    reads:
        ranges_begin_and_end_anywhere
        an_empty_range_is_empty
        absent_bytes_are_not_found
        a_range_outside_is_refused
        a_read_may_be_dropped;
    damage:
        a_changed_byte_never_leaves
        pieces_before_and_ranges_beside_are_fine
        cut_bytes_never_end_well
        exchanged_bytes_are_found
        a_damaged_record_is_found;
    upkeep:
        deleting_twice_is_fine
        everything_stored_is_listed
        foreign_objects_are_left_out
        sweeping_spares_what_is_visible_or_under_way
        a_probe_leaves_nothing
        an_examination_finds_all_well
        what_signs_nothing_says_so;
} }

/// A store, and a way around it.
pub struct BlobFixture {
    store: Arc<dyn BlobStore>,
    behind: Box<dyn BehindTheStore>,
}

/// What cases do behind a store's back.
#[async_trait]
pub trait BehindTheStore: Send + Sync {
    /// Puts bytes under a name such as `t/<tenant>/<blob>`, whatever is there.
    async fn plant(&self, name: &str, bytes: Vec<u8>);

    /// The names of all that is kept, also of what the store does not list.
    async fn names(&self) -> Vec<String>;
}

/// No limit that matters.
const ANY_SIZE: u64 = u64::MAX;
/// One piece.
const PIECE: usize = 256 * 1024;
const _: () = assert!(PIECE as u64 == PIECE_BYTES);

impl BlobFixture {
    /// A store without anything in it.
    pub fn new(store: Arc<dyn BlobStore>, behind: Box<dyn BehindTheStore>) -> Self {
        Self { store, behind }
    }

    /// Stores bytes in one frame.
    async fn stored(&self, key: BlobKey, bytes: &[u8]) -> Content {
        let put = self.store.put(key, body(bytes, usize::MAX), ANY_SIZE);
        put.await.expect("stored")
    }

    /// Reads a range to its end: what came, and the failure that ended it.
    async fn read(
        &self,
        key: BlobKey,
        content: &Content,
        range: Range<u64>,
    ) -> (Vec<u8>, Option<PortErrorKind>) {
        let mut came = Vec::new();
        let mut stream = match self.store.read(key, content, range).await {
            Ok(stream) => stream,
            Err(error) => return (came, Some(error.kind)),
        };
        while let Some(bytes) = stream.next().await {
            match bytes {
                Ok(bytes) => came.extend_from_slice(&bytes),
                Err(error) => {
                    assert!(stream.next().await.is_none(), "a failure is the end");
                    return (came, Some(error.kind));
                }
            }
        }
        (came, None)
    }

    async fn read_all(&self, key: BlobKey, content: &Content) -> Vec<u8> {
        let (came, failure) = self.read(key, content, 0..content.size_bytes).await;
        assert_eq!(failure, None, "{key}");
        came
    }

    async fn listed(&self) -> Vec<BlobEntry> {
        let mut entries: Vec<_> = self.store.list().try_collect().await.expect("listed");
        entries.sort_by_key(|entry| entry.key.to_string());
        entries
    }

    /// Waits until nothing but the named is kept: cleaning up after a dropped
    /// future takes a moment.
    async fn keeps_only(&self, keys: &[BlobKey]) {
        let mut expected: Vec<_> = keys.iter().map(ToString::to_string).collect();
        expected.sort();
        let mut kept = Vec::new();
        for _ in 0..200 {
            kept = self.behind.names().await;
            kept.sort();
            if kept == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(kept, expected);
    }
}

/// A key that was never used.
fn key() -> BlobKey {
    key_of(TenantId::from_uuid(UuidV7Ids.next()))
}

fn key_of(tenant_id: TenantId) -> BlobKey {
    BlobKey {
        tenant_id,
        blob_id: BlobId::from_uuid(UuidV7Ids.next()),
    }
}

/// Bytes in which no two pieces are alike.
pub(super) fn sample(size: usize) -> Vec<u8> {
    (0..size)
        .map(|at| {
            let mixed = (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            mixed.to_le_bytes()[0]
        })
        .collect()
}

/// A body of bytes in frames of a size.
pub(super) fn body(bytes: &[u8], frame: usize) -> BlobBody {
    let frames: Vec<_> = bytes
        .chunks(frame)
        .map(|frame| Ok(Bytes::copy_from_slice(frame)))
        .collect();
    stream::iter(frames).boxed()
}

/// A body that ends with a failure after some bytes.
fn broken_body(bytes: &[u8], error: BodyError) -> BlobBody {
    body(bytes, 1000).chain(stream::iter([Err(error)])).boxed()
}

/// A body that never ends after some bytes.
fn stalled_body(bytes: &[u8]) -> BlobBody {
    body(bytes, 1000).chain(stream::pending()).boxed()
}
