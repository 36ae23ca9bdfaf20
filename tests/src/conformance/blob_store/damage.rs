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

async fn verdict(fixture: &BlobFixture, key: BlobKey, content: &Content) -> Option<PortErrorKind> {
    let verdict = fixture.store.verify(key, content).await;
    verdict.err().map(|error| error.kind)
}

pub(super) async fn a_changed_byte_never_leaves(fixture: &BlobFixture) {
    let (key, content, bytes) = stored(fixture).await;
    for at in [0, 1, PIECE - 1, PIECE, 2 * PIECE + 5, 3 * PIECE, SIZE - 1] {
        fixture
            .behind
            .plant(&key.to_string(), flipped(&bytes, at))
            .await;
        let (came, failure) = fixture.read(key, &content, 0..SIZE as u64).await;
        assert_eq!(failure, CORRUPT, "{at}");
        let whole_pieces = at / PIECE * PIECE;
        assert!(Some(came.as_slice()) == bytes.get(..whole_pieces), "{at}");
        // Also where nobody asked for the byte itself.
        let beside = if at % PIECE == 0 { at + 1 } else { at - 1 } as u64;
        assert_eq!(
            fixture.read(key, &content, beside..beside + 1).await,
            (vec![], CORRUPT)
        );
        assert_eq!(verdict(fixture, key, &content).await, CORRUPT);
    }
}

pub(super) async fn pieces_before_and_ranges_beside_are_fine(fixture: &BlobFixture) {
    let (key, content, bytes) = stored(fixture).await;
    fixture
        .behind
        .plant(&key.to_string(), flipped(&bytes, PIECE + 5))
        .await;
    for range in [
        0..PIECE,
        7..PIECE - 7,
        2 * PIECE..SIZE,
        2 * PIECE + 1..SIZE - 1,
    ] {
        let asked = range.start as u64..range.end as u64;
        let (came, failure) = fixture.read(key, &content, asked).await;
        assert_eq!(failure, None);
        assert!(Some(came.as_slice()) == bytes.get(range));
    }
}

pub(super) async fn cut_bytes_never_end_well(fixture: &BlobFixture) {
    let (key, content, bytes) = stored(fixture).await;
    for left in [0, 1, PIECE - 1, PIECE, 2 * PIECE + 1, SIZE - 1] {
        let cut = bytes.get(..left).unwrap_or_default().to_vec();
        fixture.behind.plant(&key.to_string(), cut).await;
        let (came, failure) = fixture.read(key, &content, 0..SIZE as u64).await;
        assert_eq!(failure, CORRUPT, "{left}");
        assert!(Some(came.as_slice()) == bytes.get(..left / PIECE * PIECE));
        let last = SIZE as u64 - 1;
        assert_eq!(
            fixture.read(key, &content, last..last + 1).await,
            (vec![], CORRUPT)
        );
        assert_eq!(verdict(fixture, key, &content).await, CORRUPT);
    }
}

pub(super) async fn exchanged_bytes_are_found(fixture: &BlobFixture) {
    let (key, content, bytes) = stored(fixture).await;
    let mut longer = bytes.clone();
    longer.push(0);
    let mut exchanged = bytes.clone();
    exchanged.rotate_left(PIECE);
    for damaged in [longer, exchanged, vec![0; SIZE]] {
        fixture.behind.plant(&key.to_string(), damaged).await;
        assert_eq!(verdict(fixture, key, &content).await, CORRUPT);
    }
}

pub(super) async fn a_damaged_record_is_found(fixture: &BlobFixture) {
    let (key, content, _) = stored(fixture).await;
    let size = content.size_bytes;
    let mut short = content.clone();
    short.pieces.pop();
    assert_eq!(fixture.read(key, &short, 0..size).await, (vec![], CORRUPT));
    let mut other = content.clone();
    other.digest = Digest::from_bytes([0; 32]);
    assert_eq!(verdict(fixture, key, &other).await, CORRUPT);
    assert_eq!(verdict(fixture, key, &content).await, None);
}
