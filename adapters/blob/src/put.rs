//! Writing: receives, hashes and writes a body concurrently.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryFutureExt, future::try_join};
use tenantry_application::ports::{BlobBody, PortError, PutError};
use tenantry_domain::blob::Content;

use crate::{
    contract::{Backend, Upload},
    hash::ContentHasher,
    name::ObjectName,
    upload_memory::{Share, UploadMemory},
};

/// The initial capacity of a chunk, sufficient for a small body.
const INITIAL_BYTES: usize = 64 * 1024;

/// Stores a body. Dropping the future leaves nothing behind: the backend's
/// upload removes itself unless finished.
pub(crate) async fn put(
    backend: &dyn Backend,
    memory: &UploadMemory,
    name: ObjectName,
    body: BlobBody,
    limit: u64,
) -> Result<Content, PutError> {
    let mut reader = ChunkReader::new(body, limit, memory.share());
    let first = reader.next_chunk().await?;
    if first.is_last {
        return Ok(backend.put_whole(name, first.bytes).await?);
    }
    let mut upload = backend.begin_upload(name).await?;
    let mut hasher = ContentHasher::new();
    let mut chunk = first;
    while !chunk.is_last {
        let write = hash_and_write(hasher, upload, chunk.bytes.clone()).map_err(PutError::from);
        let (state, next) = try_join(write, reader.next_chunk()).await?;
        (hasher, upload) = state;
        reader.recycle(chunk.bytes);
        chunk = next;
    }
    let (hasher, upload) = hash_and_write(hasher, upload, chunk.bytes.clone()).await?;
    reader.recycle(chunk.bytes);
    upload.finish().await?;
    Ok(hasher.finish())
}

/// Reads a body to its end and returns its content.
pub(crate) async fn digest(
    memory: &UploadMemory,
    body: BlobBody,
    limit: u64,
) -> Result<Content, PutError> {
    let mut reader = ChunkReader::new(body, limit, memory.share());
    let mut hasher = ContentHasher::new();
    loop {
        let chunk = reader.next_chunk().await?;
        hasher = hasher.update_blocking(chunk.bytes.clone()).await?;
        reader.recycle(chunk.bytes);
        if chunk.is_last {
            return Ok(hasher.finish());
        }
    }
}

type UploadState = (ContentHasher, Box<dyn Upload>);

/// Hashes and writes a chunk concurrently.
async fn hash_and_write(
    hasher: ContentHasher,
    mut upload: Box<dyn Upload>,
    chunk: Bytes,
) -> Result<UploadState, PortError> {
    let write = upload.write(chunk.clone());
    let (hasher, ()) = try_join(hasher.update_blocking(chunk), write).await?;
    Ok((hasher, upload))
}

/// Combines the frames of a body into large chunks.
///
/// Frames are copied: a small frame keeps the connection's whole buffer alive,
/// so a client could otherwise pin an arbitrary amount of memory.
struct ChunkReader {
    body: BlobBody,
    limit: u64,
    received: u64,
    share: Share,
    /// The part of the last frame that did not fit into the chunk.
    rest: Bytes,
}

struct Chunk {
    bytes: Bytes,
    is_last: bool,
}

impl ChunkReader {
    fn new(body: BlobBody, limit: u64, share: Share) -> Self {
        Self {
            body,
            limit,
            received: 0,
            share,
            rest: Bytes::new(),
        }
    }

    /// Returns the next chunk, which is full unless it is the last.
    async fn next_chunk(&mut self) -> Result<Chunk, PutError> {
        let chunk_bytes = self.share.chunk_bytes();
        let mut buffer = BytesMut::new();
        loop {
            let room = chunk_bytes - buffer.len();
            let part = self.rest.split_to(room.min(self.rest.len()));
            self.reserve(&mut buffer, part.len());
            buffer.extend_from_slice(&part);
            if buffer.len() == chunk_bytes {
                return Ok(Chunk {
                    bytes: buffer.freeze(),
                    is_last: false,
                });
            }
            let Some(frame) = self.body.next().await else {
                return Ok(Chunk {
                    bytes: buffer.freeze(),
                    is_last: true,
                });
            };
            self.rest = frame?;
            self.received = self.received.saturating_add(self.rest.len() as u64);
            if self.received > self.limit {
                return Err(PutError::TooLarge { limit: self.limit });
            }
        }
    }

    /// Reserves capacity for more bytes: a little for a small body, else that of
    /// a whole chunk.
    fn reserve(&self, buffer: &mut BytesMut, additional: usize) {
        let needed = buffer.len() + additional;
        if needed <= buffer.capacity() {
            return;
        }
        if needed <= INITIAL_BYTES && self.share.chunk_bytes() > INITIAL_BYTES {
            buffer.reserve(INITIAL_BYTES - buffer.len());
            return;
        }
        let mut chunk = self.share.buffer();
        chunk.extend_from_slice(buffer);
        *buffer = chunk;
    }

    /// Recycles the buffer of a chunk unless it is still in use.
    fn recycle(&self, chunk: Bytes) {
        if let Ok(buffer) = chunk.try_into_mut() {
            self.share.recycle(buffer);
        }
    }
}
