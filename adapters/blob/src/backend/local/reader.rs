//! Streaming of a file with read-ahead.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tenantry_application::ports::{BlobStream, PortError};
use tenantry_domain::blob::PIECE_BYTES;

use crate::{
    chunk_pool::{ChunkBuffer, ChunkPool},
    contract::Prefetch,
    error::{from_io, run_blocking},
    name::ObjectName,
    read_ahead::CHUNK,
};

/// The number of blocks read ahead. A client that stops reading occupies this
/// much memory, and no thread.
const READ_AHEAD: usize = 2;

/// The size of a block, large enough to amortize the switch to a blocking thread.
const BLOCK_BYTES: u64 = 2 * PIECE_BYTES;

/// Streams a range in chunks; the stream of a shorter file ends early.
pub(super) fn stream(
    file: File,
    name: ObjectName,
    range: Range<u64>,
    prefetch: Prefetch,
    pool: ChunkPool,
) -> BlobStream {
    let (block_bytes, ahead) = match prefetch {
        Prefetch::Yes => (BLOCK_BYTES, READ_AHEAD),
        Prefetch::No => (CHUNK, 1),
    };
    let file = Arc::new(Mutex::new(file));
    let blocks = 0..(range.end - range.start).div_ceil(block_bytes);
    stream::iter(blocks)
        .map(move |block| {
            let start = range.start + block * block_bytes;
            let end = range.end.min(start + block_bytes);
            let (file, pool) = (Arc::clone(&file), pool.clone());
            async move {
                let buffers = buffers(&pool, end - start);
                let chunks = run_blocking(move || read_block(&file, start, buffers)).await?;
                chunks.map_err(|error| -> PortError { from_io("read", name)(error) })
            }
        })
        .buffered(ahead)
        .map_ok(|chunks| stream::iter(chunks).map(Ok))
        .try_flatten()
        .boxed()
}

/// A buffer, and the number of bytes to read into it.
type Request = (ChunkBuffer, u64);

/// Returns one empty buffer per chunk. They are allocated by the caller because
/// the allocator retains memory per thread, and there are many blocking threads.
fn buffers(pool: &ChunkPool, bytes: u64) -> Vec<Request> {
    let chunks = 0..bytes.div_ceil(CHUNK);
    let sizes = chunks.map(|chunk| CHUNK.min(bytes - chunk * CHUNK));
    let buffer = |size| pool.buffer(usize::try_from(size).unwrap_or(0));
    sizes.map(|size| (buffer(size), size)).collect()
}

fn read_block(file: &Mutex<File>, start: u64, buffers: Vec<Request>) -> io::Result<Vec<Bytes>> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(start))?;
    let mut chunks = Vec::with_capacity(buffers.len());
    for (mut buffer, size) in buffers {
        if Read::take(&mut *file, size).read_to_end(buffer.bytes_mut())? == 0 {
            break;
        }
        chunks.push(buffer.freeze());
    }
    Ok(chunks)
}
