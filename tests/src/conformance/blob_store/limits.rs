//! Bodies larger than memory, and lists longer than a page.

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::{BlobFixture, MIB, key, key_of};
use crate::harness::until;

/// The maximum number of bytes that a put holds while its body stalls: a part
/// of 8 MiB, two chunks of 1 MiB, and the buffers of a connection.
const BUFFERED_BYTES: usize = 16 * MIB;
const SECTION_BYTES: usize = 20 * MIB;
const SECTIONS: usize = 2;

/// More than S3 lists in a page (1,000). The local disk is read in steps of
/// 512; Azure lists up to 5,000, `WebDAV` has no pages.
const OBJECTS: usize = 1_001;
const CONCURRENT_WRITES: usize = 32;

pub(super) async fn a_put_buffers_a_bounded_part_of_its_body(fixture: &BlobFixture) {
    let key = key();
    let put = fixture.start_put(key);
    let mut sent = 0;
    for _ in 0..SECTIONS {
        put.send(Bytes::from(vec![7; SECTION_BYTES]));
        sent += SECTION_BYTES;
        until("all but a bounded part has arrived", async || {
            let arrived = fixture.unfinished_bytes(key).await;
            (sent - arrived <= BUFFERED_BYTES).then_some(())
        })
        .await;
    }
    let content = put.finish().await.expect("stored");
    assert_eq!(content.size_bytes, sent as u64);
    fixture.store.verify(key, &content).await.expect("intact");
}

pub(super) async fn a_list_of_several_pages_is_complete(fixture: &BlobFixture) {
    // Most objects belong to one tenant: pages may be per tenant or overall.
    let firsts = [key(), key(), key()];
    for key in firsts {
        fixture.direct.plant(&key.to_string(), vec![7]).await;
    }
    let tenant = firsts[1].tenant_id;
    let mut keys: Vec<_> = (0..OBJECTS).map(|_| key_of(tenant)).collect();
    stream::iter(&keys)
        .map(|key| async { fixture.direct.plant(&key.to_string(), vec![7]).await })
        .buffer_unordered(CONCURRENT_WRITES)
        .collect::<()>()
        .await;
    keys.extend(firsts);
    keys.sort_by_key(ToString::to_string);
    let listed: Vec<_> = fixture.listed().await.iter().map(|it| it.key).collect();
    assert_eq!(listed.len(), keys.len());
    assert!(listed == keys);
}
