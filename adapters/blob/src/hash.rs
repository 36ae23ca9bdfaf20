//! Incremental computation of a body's digest and checksums.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use tenantry_application::ports::PortError;
use tenantry_domain::blob::{Content, Digest, PIECE_BYTES};

use crate::error::run_blocking;

/// The state of a computation.
pub(crate) struct ContentHasher {
    digest: Context,
    size_bytes: u64,
    pieces: Vec<u32>,
}

impl ContentHasher {
    pub(crate) fn new() -> Self {
        Self {
            digest: Context::new(&SHA256),
            size_bytes: 0,
            pieces: Vec::new(),
        }
    }

    /// Computes the content of a whole body.
    pub(crate) fn content_of(body: &[u8]) -> Content {
        let mut hasher = Self::new();
        hasher.update(body);
        hasher.finish()
    }

    /// Appends bytes. At about 1 GiB/s this blocks too long for an async thread.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let in_piece = self.size_bytes % PIECE_BYTES;
            let missing = usize::try_from(PIECE_BYTES - in_piece).unwrap_or(usize::MAX);
            let (part, remainder) = rest.split_at(missing.min(rest.len()));
            match self.pieces.last_mut() {
                Some(checksum) if in_piece > 0 => {
                    *checksum = crc32c::crc32c_append(*checksum, part);
                }
                _ => self.pieces.push(crc32c::crc32c(part)),
            }
            self.size_bytes += part.len() as u64;
            rest = remainder;
        }
    }

    /// Appends bytes on a blocking thread.
    pub(crate) async fn update_blocking(mut self, bytes: Bytes) -> Result<Self, PortError> {
        run_blocking(move || {
            self.update(&bytes);
            self
        })
        .await
    }

    pub(crate) fn finish(self) -> Content {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.digest.finish().as_ref());
        Content {
            size_bytes: self.size_bytes,
            digest: Digest::from_bytes(digest),
            pieces: self.pieces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_does_not_depend_on_chunk_sizes() {
        let body: Vec<u8> = (0..700_001_u32).map(|n| n.to_le_bytes()[1]).collect();
        let whole = ContentHasher::content_of(&body);
        assert_eq!(whole.size_bytes, 700_001);
        assert_eq!(whole.pieces.len(), 3);
        for step in [1, 1000, 262_143, 262_144, 262_145] {
            let mut hasher = ContentHasher::new();
            for part in body.chunks(step) {
                hasher.update(part);
            }
            assert_eq!(hasher.finish(), whole, "in chunks of {step}");
        }
    }

    #[test]
    fn digest_and_checksums_match_known_values() {
        let empty = ContentHasher::content_of(b"");
        let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(empty.digest.to_string(), digest);
        assert!(empty.pieces.is_empty());
        assert_eq!(
            ContentHasher::content_of(b"123456789").pieces,
            [0xE306_9283]
        );
    }
}
