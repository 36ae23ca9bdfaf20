//! The conformance suite of blob stores.

#![expect(clippy::expect_used, reason = "a failed case may panic")]

mod abilities;
mod damage;
mod direct;
mod limits;
mod open_put;
mod reads;
mod unfinished;
mod upkeep;
mod writes;

use std::{ops::Range, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tenantry_application::ports::{
    BlobBody, BlobEntry, BlobKey, BlobStore, BodyError, IdGenerator, PortErrorKind, SweepResult,
};
use tenantry_crypto::UuidV7Ids;
use tenantry_domain::{
    blob::{Content, PIECE_BYTES},
    id::{BlobId, TenantId},
};

pub use self::direct::{DirectAccess, UnfinishedEnd};
use super::{
    bodies::{body, sample},
    suite::suite,
};

suite! { $ blob_store_suite: blob_store::BlobFixture {
    writes:
        bodies_of_any_size_round_trip
        frame_sizes_do_not_matter
        large_bodies_round_trip
        the_size_limit_is_exact
        a_digest_stores_nothing
        a_broken_body_leaves_nothing
        a_dropped_put_leaves_nothing
        a_key_cannot_be_reused
        concurrent_puts_succeed
        equal_content_is_stored_per_tenant
        slow_bodies_do_not_block_others;
    limits:
        a_put_buffers_a_bounded_part_of_its_body
        a_list_of_several_pages_is_complete;
    reads:
        ranges_start_and_end_anywhere
        an_empty_range_is_empty
        missing_objects_are_not_found
        out_of_bounds_ranges_are_rejected
        a_read_can_be_dropped;
    damage:
        a_corrupt_piece_is_never_served
        intact_pieces_are_served
        truncated_objects_are_corrupt
        replaced_content_is_corrupt
        a_corrupt_record_is_detected;
    unfinished:
        a_sweep_spares_young_writes
        a_sweep_spares_objects_and_open_puts
        ending_a_key_ends_all_of_its_writes
        an_ended_put_does_not_finish
        an_end_racing_a_finish_has_one_outcome;
    abilities:
        multipart_matches_the_declaration
        conditional_write_matches_the_declaration
        ends_unfinished_matches_the_declaration
        presign_matches_the_declaration;
    upkeep:
        deletes_are_idempotent
        all_objects_are_listed
        foreign_objects_are_not_listed
        a_probe_leaves_nothing
        an_examination_of_a_healthy_store_passes;
} }

/// A store under test.
pub struct BlobFixture {
    store: Arc<dyn BlobStore>,
    direct: Box<dyn DirectAccess>,
}

/// No limit on the size of a body.
const ANY_SIZE: u64 = u64::MAX;
/// The size of a piece.
const PIECE: usize = 256 * 1024;
const _: () = assert!(PIECE as u64 == PIECE_BYTES);
const MIB: usize = 1024 * 1024;
/// An age that nothing in a test reaches.
const HOUR: Duration = Duration::from_hours(1);

impl BlobFixture {
    /// Creates a fixture of an empty store.
    pub fn new(store: Arc<dyn BlobStore>, direct: Box<dyn DirectAccess>) -> Self {
        Self { store, direct }
    }

    /// Stores bytes that arrive in one frame.
    async fn stored(&self, key: BlobKey, bytes: &[u8]) -> Content {
        let put = self.store.put(key, body(bytes, usize::MAX), ANY_SIZE);
        put.await.expect("stored")
    }

    /// Reads a range to its end; returns the bytes and the error that ended it.
    async fn read(
        &self,
        key: BlobKey,
        content: &Content,
        range: Range<u64>,
    ) -> (Vec<u8>, Option<PortErrorKind>) {
        let mut received = Vec::new();
        let mut stream = match self.store.read(key, content, range).await {
            Ok(stream) => stream,
            Err(error) => return (received, Some(error.kind)),
        };
        while let Some(bytes) = stream.next().await {
            match bytes {
                Ok(bytes) => received.extend_from_slice(&bytes),
                Err(error) => {
                    assert!(stream.next().await.is_none(), "an error ends the stream");
                    return (received, Some(error.kind));
                }
            }
        }
        (received, None)
    }

    async fn read_all(&self, key: BlobKey, content: &Content) -> Vec<u8> {
        let (bytes, error) = self.read(key, content, 0..content.size_bytes).await;
        assert_eq!(error, None, "{key}");
        bytes
    }

    async fn size(&self, key: BlobKey) -> Option<u64> {
        self.store.size(key).await.expect("a size or none")
    }

    async fn delete(&self, key: BlobKey) {
        self.store.delete(key).await.expect("deleted");
    }

    async fn listed(&self) -> Vec<BlobEntry> {
        let mut entries: Vec<_> = self.store.list().try_collect().await.expect("listed");
        entries.sort_by_key(|entry| entry.key.to_string());
        entries
    }

    async fn sweep(&self, age: Duration) -> SweepResult {
        self.store.sweep_staging(age).await.expect("swept")
    }

    /// Waits until the storage holds these objects only: cleaning up after a
    /// dropped future takes a moment.
    async fn expect_only(&self, keys: &[BlobKey]) {
        let mut expected: Vec<_> = keys.iter().map(ToString::to_string).collect();
        expected.sort();
        let mut names = Vec::new();
        for _ in 0..200 {
            names = self.direct.names().await;
            names.sort();
            if names == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(names, expected);
    }
}

/// Returns an unused key.
fn key() -> BlobKey {
    key_of(TenantId::from_uuid(UuidV7Ids.next()))
}

fn key_of(tenant_id: TenantId) -> BlobKey {
    BlobKey {
        tenant_id,
        blob_id: BlobId::from_uuid(UuidV7Ids.next()),
    }
}

/// Returns a body that fails after some bytes.
fn broken_body(bytes: &[u8], error: BodyError) -> BlobBody {
    body(bytes, 1000).chain(stream::iter([Err(error)])).boxed()
}

/// Returns a body that stalls after some bytes.
fn stalled_body(bytes: &[u8]) -> BlobBody {
    body(bytes, 1000).chain(stream::pending()).boxed()
}
