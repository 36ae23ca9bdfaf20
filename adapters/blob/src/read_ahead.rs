//! Reading a range in verified chunks, ahead of the client.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::TryStreamExt;
use tenantry_application::ports::{BlobStream, PortError};
use tenantry_domain::blob::PIECE_BYTES;

use crate::{
    chunk_pool::{CHUNK_BYTES, ChunkPool},
    read_memory::Share,
};

/// The size of a chunk.
pub(crate) const CHUNK: u64 = CHUNK_BYTES as u64;
const _: () = assert!(PIECE_BYTES.is_multiple_of(CHUNK));

/// A stream of whole pieces, with the chunks of the last one.
pub(crate) struct ReadAhead {
    source: ChunkSource,
    /// The start of the first chunk below.
    position: u64,
    /// The verified chunks.
    chunks: VecDeque<Bytes>,
    _share: Share,
}

/// A stream cut into chunks.
pub(crate) struct ChunkSource {
    /// The stream, in buffers of any size.
    stream: BlobStream,
    /// The bytes read beyond the last chunk.
    rest: Bytes,
    /// Whether the buffers share no memory with others.
    reads_chunks: bool,
    pool: ChunkPool,
}

/// The piece that contains a position of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The position of its first byte.
    pub(crate) start: u64,
    /// The position behind its last byte.
    pub(crate) end: u64,
    /// The checksum.
    pub(crate) checksum: u32,
}

impl Piece {
    /// Returns the chunks.
    pub(crate) fn chunks(self) -> impl Iterator<Item = std::ops::Range<u64>> {
        let starts = (self.start..self.end).step_by(CHUNK_BYTES);
        starts.map(move |start| start..self.end.min(start + CHUNK))
    }
}

impl ReadAhead {
    /// Reads a source that begins at the start of a piece.
    pub(crate) fn new(source: ChunkSource, start: u64, share: Share) -> Self {
        Self {
            source,
            position: start,
            chunks: VecDeque::new(),
            _share: share,
        }
    }

    /// Returns the chunk that starts at `start`, or `None` if its piece is
    /// damaged. Chunks must be requested in order, beginning with any one of the
    /// first piece.
    pub(crate) async fn chunk(
        &mut self,
        start: u64,
        piece: Piece,
    ) -> Result<Option<Bytes>, PortError> {
        if self.chunks.is_empty() {
            let mut checksum = 0;
            self.position = piece.start;
            for range in piece.chunks() {
                let Some(chunk) = self.source.take(range.end - range.start).await? else {
                    return Ok(None);
                };
                checksum = crc32c::crc32c_append(checksum, &chunk);
                self.chunks.push_back(chunk);
            }
            if checksum != piece.checksum {
                return Ok(None);
            }
        }
        while let Some(chunk) = self.chunks.pop_front() {
            let position = self.position;
            self.position += chunk.len() as u64;
            if position == start {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }
}

impl ChunkSource {
    pub(crate) fn new(stream: BlobStream, reads_chunks: bool, pool: ChunkPool) -> Self {
        Self {
            stream,
            rest: Bytes::new(),
            reads_chunks,
            pool,
        }
    }

    /// Reads exactly `count` bytes; returns `None` if the stream is shorter. The
    /// chunk shares no memory with others: a client may keep it long.
    pub(crate) async fn take(&mut self, count: u64) -> Result<Option<Bytes>, PortError> {
        let Ok(count) = usize::try_from(count) else {
            return Ok(None);
        };
        if self.rest.is_empty() && !self.fill().await? {
            return Ok(None);
        }
        if self.rest.len() == count && self.reads_chunks {
            return Ok(Some(std::mem::take(&mut self.rest)));
        }
        let mut chunk = self.pool.buffer(count);
        loop {
            let bytes = chunk.bytes_mut();
            let missing = count - bytes.len();
            bytes.extend_from_slice(&self.rest.split_to(missing.min(self.rest.len())));
            if bytes.len() == count {
                return Ok(Some(chunk.freeze()));
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    /// Reads the next buffer; returns `false` at the end of the stream.
    async fn fill(&mut self) -> Result<bool, PortError> {
        match self.stream.try_next().await? {
            Some(bytes) => {
                self.rest = bytes;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}
