//! Content of any size, generated while it is sent.

use std::convert::Infallible;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use futures_util::stream;
use reqwest::{Body, Response, multipart::Part};
use tenantry_domain::blob::Digest;

use super::Dice;

/// The size of a chunk, in bytes.
const CHUNK: usize = 64 * 1024;
/// The digits of the chunk's number at its beginning, which make all chunks
/// different.
const DIGITS: usize = 8;

/// Content determined by a seed and a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    seed: u64,
    size: u64,
}

impl Content {
    /// Creates content of `size` bytes, different for every seed.
    pub const fn new(seed: u64, size: u64) -> Self {
        Self { seed, size }
    }

    /// Returns the size in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Generates the bytes in chunks.
    pub fn chunks(&self) -> impl Iterator<Item = Bytes> + Send + Sync + 'static {
        let mut dice = Dice::new(self.seed);
        let mut block = Vec::with_capacity(CHUNK);
        while block.len() < CHUNK {
            block.extend_from_slice(&dice.number().to_le_bytes());
        }
        let size = self.size;
        (0..size.div_ceil(CHUNK as u64)).map(move |number| {
            let mut chunk = block.clone();
            let stamp = format!("{number:0DIGITS$}");
            chunk[..DIGITS].copy_from_slice(stamp.as_bytes());
            let left = size - number * CHUNK as u64;
            chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            Bytes::from(chunk)
        })
    }

    /// Returns all bytes, for small content.
    pub fn bytes(&self) -> Bytes {
        self.chunks().flatten().collect()
    }

    /// Returns the SHA-256 in hexadecimal, as the API writes digests.
    pub fn digest(&self) -> String {
        let mut digest = Digester::new();
        self.chunks().for_each(|chunk| digest.update(&chunk));
        digest.finish()
    }

    /// Returns a body that is generated while it is sent, without a declared
    /// length.
    pub fn body(&self) -> Body {
        let chunks = self.chunks().map(Ok::<_, Infallible>);
        Body::wrap_stream(stream::iter(chunks))
    }

    /// Returns the file part of a form.
    pub fn part(&self, name: &str) -> Part {
        Part::stream_with_length(self.body(), self.size).file_name(name.to_owned())
    }
}

/// A SHA-256 in progress.
pub struct Digester(Context);

impl Digester {
    /// Creates the digest of no bytes.
    #[expect(clippy::new_without_default, reason = "a default is not needed")]
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the digest in hexadecimal.
    pub fn finish(self) -> String {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.0.finish().as_ref());
        Digest::from_bytes(digest).to_string()
    }

    /// Digests a body while reading it; a truncated body is an error.
    pub async fn of(mut response: Response) -> reqwest::Result<String> {
        let mut digest = Self::new();
        while let Some(chunk) = response.chunk().await? {
            digest.update(&chunk);
        }
        Ok(digest.finish())
    }
}
