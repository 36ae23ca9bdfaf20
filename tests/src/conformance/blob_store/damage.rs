//! Objects whose bytes changed in the storage.

use tenantry_application::ports::{BlobKey, PortErrorKind};
use tenantry_domain::blob::{Content, Digest};

use super::{BlobFixture, PIECE, key, sample};

const SIZE: usize = 3 * PIECE + 100;
const CORRUPT: Option<PortErrorKind> = Some(PortErrorKind::Corrupt);

async fn stored(fixture: &BlobFixture) -> (BlobKey, Content, Vec<u8>) {
    let (key, bytes) = (key(), sample(SIZE));
    let content = fixture.stored(key, &bytes).await;
    (key, content, bytes)
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    *bytes.get_mut(at).expect("a byte") ^= 0x01;
    bytes
}

async fn verify(fixture: &BlobFixture, key: BlobKey, content: &Content) -> Option<PortErrorKind> {
    let verified = fixture.store.verify(key, content).await;
    verified.err().map(|error| error.kind)
}

pub(super) async fn a_corrupt_piece_is_never_served(fixture: &BlobFixture) {
    let (key, content, bytes) = stored(fixture).await;
    for at in [0, 1, PIECE - 1, PIECE, 2 * PIECE + 5, 3 * PIECE, SIZE - 1] {
        fixture
            .direct
            .plant(&key.to_string(), flipped(&bytes, at))
            .await;
        let (received, error) = fixture.read(key, &content, 0..SIZE as u64).await;
        assert_eq!(error, CORRUPT, "{at}");
        let whole_pieces = at / PIECE * PIECE;
        assert!(
            Some(received.as_slice()) == bytes.get(..whole_pieces),
            "{at}"
        );
        // The byte itself need not be in the range.
        let beside = if at % PIECE == 0 { at + 1 } else { at - 1 } as u64;
        assert_eq!(
            fixture.read(key, &content, beside..beside + 1).await,
            (vec![], CORRUPT)
        );
        assert_eq!(verify(fixture, key, &content).await, CORRUPT);
    }
}

pub(super) async fn intact_pieces_are_served(fixture: &BlobFixture) {
    let (key, content, bytes) = stored(fixture).await;
    fixture
        .direct
        .plant(&key.to_string(), flipped(&bytes, PIECE + 5))
        .await;
    for range in [
        0..PIECE,
        7..PIECE - 7,
        2 * PIECE..SIZE,
        2 * PIECE + 1..SIZE - 1,
    ] {
        let range_bytes = range.start as u64..range.end as u64;
        let (received, error) = fixture.read(key, &content, range_bytes).await;
        assert_eq!(error, None);
        assert!(Some(received.as_slice()) == bytes.get(range));
    }
}

pub(super) async fn truncated_objects_are_corrupt(fixture: &BlobFixture) {
    let (key, content, bytes) = stored(fixture).await;
    for left in [0, 1, PIECE - 1, PIECE, 2 * PIECE + 1, SIZE - 1] {
        let truncated = bytes.get(..left).unwrap_or_default().to_vec();
        fixture.direct.plant(&key.to_string(), truncated).await;
        let (received, error) = fixture.read(key, &content, 0..SIZE as u64).await;
        assert_eq!(error, CORRUPT, "{left}");
        assert!(Some(received.as_slice()) == bytes.get(..left / PIECE * PIECE));
        let last = SIZE as u64 - 1;
        assert_eq!(
            fixture.read(key, &content, last..last + 1).await,
            (vec![], CORRUPT)
        );
        assert_eq!(verify(fixture, key, &content).await, CORRUPT);
    }
}

pub(super) async fn replaced_content_is_corrupt(fixture: &BlobFixture) {
    let (key, content, bytes) = stored(fixture).await;
    let mut longer = bytes.clone();
    longer.push(0);
    let mut rotated = bytes.clone();
    rotated.rotate_left(PIECE);
    for damaged in [longer, rotated, vec![0; SIZE]] {
        fixture.direct.plant(&key.to_string(), damaged).await;
        assert_eq!(verify(fixture, key, &content).await, CORRUPT);
    }
}

pub(super) async fn a_corrupt_record_is_detected(fixture: &BlobFixture) {
    let (key, content, _) = stored(fixture).await;
    let size = content.size_bytes;
    let mut short = content.clone();
    short.pieces.pop();
    assert_eq!(fixture.read(key, &short, 0..size).await, (vec![], CORRUPT));
    let mut other = content.clone();
    other.digest = Digest::from_bytes([0; 32]);
    assert_eq!(verify(fixture, key, &other).await, CORRUPT);
    assert_eq!(verify(fixture, key, &content).await, None);
}
