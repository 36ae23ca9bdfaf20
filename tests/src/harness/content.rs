//! Content of any size, made as it is sent and never held whole.

use std::convert::Infallible;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use futures_util::stream;
use reqwest::{Body, Response, multipart::Part};
use tenantry_domain::blob::Digest;

use super::Dice;

/// How much is made at once.
const CHUNK: usize = 64 * 1024;
/// The number of a chunk stands at its beginning, in so many digits, so that
/// no two are alike.
const DIGITS: usize = 8;

/// Content that follows from a seed and a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    seed: u64,
    size: u64,
}

impl Content {
    /// So many bytes, others for every seed.
    pub const fn new(seed: u64, size: u64) -> Self {
        Self { seed, size }
    }

    /// How many bytes it has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Its bytes in pieces.
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

    /// All of it, where it is small.
    pub fn bytes(&self) -> Bytes {
        self.chunks().flatten().collect()
    }

    /// Its SHA-256 in hexadecimal, as the API writes digests.
    pub fn digest(&self) -> String {
        let mut digest = Digester::new();
        self.chunks().for_each(|chunk| digest.update(&chunk));
        digest.finish()
    }

    /// As a body, made while it is sent. Its length is for the caller to
    /// declare, or not.
    pub fn body(&self) -> Body {
        let chunks = self.chunks().map(Ok::<_, Infallible>);
        Body::wrap_stream(stream::iter(chunks))
    }

    /// As the file of a form.
    pub fn part(&self, name: &str) -> Part {
        Part::stream_with_length(self.body(), self.size).file_name(name.to_owned())
    }
}

/// A SHA-256 in the making.
pub struct Digester(Context);

impl Digester {
    /// Of nothing so far.
    #[expect(clippy::new_without_default, reason = "nothing asks for a default")]
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In hexadecimal.
    pub fn finish(self) -> String {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.0.finish().as_ref());
        Digest::from_bytes(digest).to_string()
    }

    /// Of a body, read to its end and let go at once; an error where it is cut.
    pub async fn of(mut response: Response) -> reqwest::Result<String> {
        let mut digest = Self::new();
        while let Some(chunk) = response.chunk().await? {
            digest.update(&chunk);
        }
        Ok(digest.finish())
    }
}
