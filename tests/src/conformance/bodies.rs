//! Bodies of objects.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tenantry_application::ports::BlobBody;

/// Returns bytes in which no two pieces are alike.
pub(super) fn sample(size: usize) -> Vec<u8> {
    (0..size)
        .map(|at| {
            let mixed = (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            mixed.to_le_bytes()[0]
        })
        .collect()
}

/// Returns a body in frames of a size.
pub(super) fn body(bytes: &[u8], frame: usize) -> BlobBody {
    let frames: Vec<_> = bytes
        .chunks(frame)
        .map(|frame| Ok(Bytes::copy_from_slice(frame)))
        .collect();
    stream::iter(frames).boxed()
}
