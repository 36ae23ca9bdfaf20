//! The memory shared by all uploads, and its limits.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The chunk size of a fast upload, large enough to make the cost of switching
/// to blocking threads negligible.
const LARGE_CHUNK_BYTES: usize = 1024 * 1024;
/// The chunk size when memory is short.
const SMALL_CHUNK_BYTES: usize = 64 * 1024;
/// The number of chunks per upload: one is received while another is hashed and
/// written.
const CHUNKS: usize = 2;

/// The size of all parts of an object but the last. Services accept at most
/// 10,000 parts.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// The minimum size that services accept for a part other than the last.
const MIN_PART_BYTES: usize = 5 * 1024 * 1024;
/// The default number of parts in memory.
const DEFAULT_PARTS: usize = 8;
/// The maximum wait for the memory of a part.
const PART_WAIT: Duration = Duration::from_secs(5);

/// Memory shared by uploads and by clones, so that several stores can have one
/// limit.
///
/// An upload takes 2 MiB if available. Otherwise it does not wait, since slow
/// clients could then block all others, but proceeds more slowly with 128 KiB
/// outside the limit. Buffers are reused across uploads: allocating on one
/// thread and freeing on another would multiply the memory in use.
///
/// Backends with multipart uploads buffer parts of 8 MiB under a separate limit.
/// If none is left, an upload waits for a limited time, since slow clients may
/// hold the memory, and then proceeds with 5 MiB outside the limit.
#[derive(Debug, Clone)]
pub struct UploadMemory {
    large_uploads: Arc<Semaphore>,
    parts: Arc<Semaphore>,
    pool: Arc<BufferPool>,
}

/// Unused buffers, kept while any upload is in progress.
#[derive(Debug, Default)]
struct BufferPool(Mutex<Buffers>);

#[derive(Debug, Default)]
struct Buffers {
    uploads: usize,
    chunks: Vec<BytesMut>,
    small_chunks: Vec<BytesMut>,
    parts: Vec<BytesMut>,
}

/// The share of one upload, released on drop.
pub(crate) struct Share {
    permit: Option<OwnedSemaphorePermit>,
    pool: Arc<BufferPool>,
}

impl UploadMemory {
    /// Creates a limit of `bytes`, in steps of 2 MiB, and 64 MiB for parts
    /// unless changed by [`with_parts`](Self::with_parts).
    pub fn new(bytes: usize) -> Self {
        Self {
            large_uploads: Arc::new(Semaphore::new(bytes / (CHUNKS * LARGE_CHUNK_BYTES))),
            parts: Arc::new(Semaphore::new(DEFAULT_PARTS)),
            pool: Arc::default(),
        }
    }

    /// Sets the limit for parts to `bytes`, in steps of 8 MiB.
    #[must_use]
    pub fn with_parts(self, bytes: usize) -> Self {
        Self {
            parts: Arc::new(Semaphore::new(bytes / PART_BYTES)),
            ..self
        }
    }

    /// Acquires memory for a part, waiting up to five seconds for the limit.
    pub(crate) async fn part(&self) -> Part {
        let permit = timeout(PART_WAIT, Arc::clone(&self.parts).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok);
        let size = match permit {
            Some(_) => PART_BYTES,
            None => MIN_PART_BYTES,
        };
        let unused = permit.as_ref().and_then(|_| self.pool.lock().parts.pop());
        Part {
            buffer: unused.unwrap_or_else(|| BytesMut::with_capacity(size)),
            size,
            memory: PartMemory {
                permit,
                pool: Arc::clone(&self.pool),
            },
        }
    }

    /// Acquires the share of an upload.
    pub(crate) fn share(&self) -> Share {
        self.pool.lock().uploads += 1;
        Share {
            permit: Arc::clone(&self.large_uploads).try_acquire_owned().ok(),
            pool: Arc::clone(&self.pool),
        }
    }
}

impl Share {
    pub(crate) fn chunk_bytes(&self) -> usize {
        if self.permit.is_some() {
            LARGE_CHUNK_BYTES
        } else {
            SMALL_CHUNK_BYTES
        }
    }

    /// Returns an empty buffer with the capacity of a chunk.
    pub(crate) fn buffer(&self) -> BytesMut {
        let unused = {
            let mut buffers = self.pool.lock();
            match self.permit {
                Some(_) => buffers.chunks.pop(),
                None => buffers.small_chunks.pop(),
            }
        };
        unused.unwrap_or_else(|| BytesMut::with_capacity(self.chunk_bytes()))
    }

    /// Returns a buffer to the pool.
    pub(crate) fn recycle(&self, mut buffer: BytesMut) {
        buffer.clear();
        if buffer.capacity() != self.chunk_bytes() {
            return;
        }
        let mut buffers = self.pool.lock();
        match self.permit {
            Some(_) => buffers.chunks.push(buffer),
            None => buffers.small_chunks.push(buffer),
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut buffers = self.pool.lock();
        buffers.uploads -= 1;
        if buffers.uploads == 0 {
            buffers.chunks = Vec::new();
            buffers.small_chunks = Vec::new();
            buffers.parts = Vec::new();
        }
    }
}

/// A part that is being filled.
#[derive(Debug)]
pub(crate) struct Part {
    buffer: BytesMut,
    size: usize,
    memory: PartMemory,
}

/// The memory of a part, released on drop.
#[derive(Debug)]
pub(crate) struct PartMemory {
    permit: Option<OwnedSemaphorePermit>,
    pool: Arc<BufferPool>,
}

impl Part {
    pub(crate) fn is_full(&self) -> bool {
        self.buffer.len() == self.size
    }

    /// Moves bytes into the part until it is full.
    pub(crate) fn fill_from(&mut self, bytes: &mut Bytes) {
        let count = bytes.len().min(self.size - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..count]);
        bytes.advance(count);
    }

    pub(crate) fn into_bytes(self) -> (Bytes, PartMemory) {
        (self.buffer.freeze(), self.memory)
    }
}

impl PartMemory {
    /// Returns the part's buffer to the pool after sending.
    pub(crate) fn recycle(self, bytes: Bytes) {
        let mut buffers = self.pool.lock();
        if let Ok(mut buffer) = bytes.try_into_mut()
            && self.permit.is_some()
            && buffer.capacity() >= PART_BYTES
            && buffers.uploads > 0
        {
            buffer.clear();
            buffers.parts.push(buffer);
        }
    }
}

impl BufferPool {
    fn lock(&self) -> MutexGuard<'_, Buffers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for UploadMemory {
    /// Returns a limit of 64 MiB: 32 uploads at full speed.
    fn default() -> Self {
        Self::new(64 * 1024 * 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_beyond_the_limit_use_small_chunks() {
        let memory = UploadMemory::new(CHUNKS * LARGE_CHUNK_BYTES);
        let first = memory.share();
        assert_eq!(first.chunk_bytes(), LARGE_CHUNK_BYTES);
        assert_eq!(memory.clone().share().chunk_bytes(), SMALL_CHUNK_BYTES);
        drop(first);
        assert_eq!(memory.share().chunk_bytes(), LARGE_CHUNK_BYTES);
    }

    #[test]
    fn buffers_are_reused_until_the_last_upload_ends() {
        let memory = UploadMemory::default();
        let (first, second) = (memory.share(), memory.share());
        let mut buffer = first.buffer();
        buffer.extend_from_slice(b"bytes");
        let address = buffer.as_ptr();
        first.recycle(buffer);
        drop(first);
        let reused = second.buffer();
        assert_eq!((reused.len(), reused.as_ptr()), (0, address));
        second.recycle(reused);
        drop(second);
        assert!(memory.pool.lock().chunks.is_empty());
    }
}
