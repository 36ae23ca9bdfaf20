//! Bytes on their way in: gathered from the client, hashed and written, all
//! three at the same time.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryFutureExt, future::try_join};
use tenantry_application::ports::{BlobBody, PortError, PutError};
use tenantry_domain::blob::Content;

use crate::{
    backend::{Backend, Upload},
    hash::ContentHasher,
    name::ObjectName,
    upload_memory::{Share, UploadMemory},
};

/// Room for a small body, which is at most a chunk.
const SMALL_BYTES: usize = 64 * 1024;

/// Stores a body. A dropped future leaves nothing: until it is placed, the
/// object is a value of the backend that cleans up after itself.
pub(crate) async fn put(
    backend: &dyn Backend,
    memory: &UploadMemory,
    name: ObjectName,
    body: BlobBody,
    limit: u64,
) -> Result<Content, PutError> {
    let mut gatherer = Gatherer::new(body, limit, memory.share());
    let first = gatherer.next_chunk().await?;
    if first.is_last {
        return Ok(backend.put_whole(name, first.bytes).await?);
    }
    let mut upload = backend.begin(name).await?;
    let mut hasher = ContentHasher::new();
    let mut chunk = first;
    while !chunk.is_last {
        let take = take_in(hasher, upload, chunk.bytes.clone()).map_err(PutError::from);
        let (taken, next) = try_join(take, gatherer.next_chunk()).await?;
        (hasher, upload) = taken;
        gatherer.give_back(chunk.bytes);
        chunk = next;
    }
    let (hasher, upload) = take_in(hasher, upload, chunk.bytes.clone()).await?;
    gatherer.give_back(chunk.bytes);
    upload.finish().await?;
    Ok(hasher.finish())
}

/// Reads a body to its end and says what it is.
pub(crate) async fn digest(
    memory: &UploadMemory,
    body: BlobBody,
    limit: u64,
) -> Result<Content, PutError> {
    let mut gatherer = Gatherer::new(body, limit, memory.share());
    let mut hasher = ContentHasher::new();
    loop {
        let chunk = gatherer.next_chunk().await?;
        hasher = hasher.update_apart(chunk.bytes.clone()).await?;
        gatherer.give_back(chunk.bytes);
        if chunk.is_last {
            return Ok(hasher.finish());
        }
    }
}

type Taken = (ContentHasher, Box<dyn Upload>);

/// Hashes and writes a chunk, side by side.
async fn take_in(
    hasher: ContentHasher,
    mut upload: Box<dyn Upload>,
    chunk: Bytes,
) -> Result<Taken, PortError> {
    let written = upload.write(chunk.clone());
    let (hasher, ()) = try_join(hasher.update_apart(chunk), written).await?;
    Ok((hasher, upload))
}

/// Makes large chunks of a body's frames.
///
/// Frames are copied: kept as they come, small ones would each hold on to the
/// connection's whole buffer, and a client could choose how much that is.
struct Gatherer {
    body: BlobBody,
    limit: u64,
    received: u64,
    share: Share,
    /// What of the last frame had no room in its chunk.
    rest: Bytes,
}

struct Chunk {
    bytes: Bytes,
    is_last: bool,
}

impl Gatherer {
    fn new(body: BlobBody, limit: u64, share: Share) -> Self {
        Self {
            body,
            limit,
            received: 0,
            share,
            rest: Bytes::new(),
        }
    }

    /// The next chunk: full, or the last.
    async fn next_chunk(&mut self) -> Result<Chunk, PutError> {
        let chunk_bytes = self.share.chunk_bytes();
        let mut buffer = BytesMut::new();
        loop {
            let room = chunk_bytes - buffer.len();
            let part = self.rest.split_to(room.min(self.rest.len()));
            self.make_room(&mut buffer, part.len());
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

    /// Room for more bytes: little while few have come, so that a small body
    /// takes little, and then for the whole chunk.
    fn make_room(&self, buffer: &mut BytesMut, more: usize) {
        let needed = buffer.len() + more;
        if needed <= buffer.capacity() {
            return;
        }
        if needed <= SMALL_BYTES {
            buffer.reserve(SMALL_BYTES - buffer.len());
            return;
        }
        let mut whole = self.share.buffer();
        whole.extend_from_slice(buffer);
        *buffer = whole;
    }

    /// Takes a buffer back, if nobody else still reads it.
    fn give_back(&self, chunk: Bytes) {
        if let Ok(buffer) = chunk.try_into_mut() {
            self.share.give_back(buffer);
        }
    }
}
