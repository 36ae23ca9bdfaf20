//! Buffers of downloads, reused by other downloads.

use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

/// The number of bytes handed to a client at once. A client that stops reading
/// holds one or two chunks, which share no memory with others. Larger chunks
/// would be placed in large segments by the allocator, which clients touch
/// entirely.
pub(crate) const CHUNK_BYTES: usize = 32 * 1024;

/// The maximum number of unused buffers: 8 MiB.
const UNUSED: usize = 256;

/// Buffers of [`CHUNK_BYTES`], kept while any is in use: allocating on one thread
/// and freeing on another would multiply the memory in use. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct ChunkPool(Arc<Mutex<Buffers>>);

#[derive(Default)]
struct Buffers {
    used: usize,
    unused: Vec<Vec<u8>>,
}

/// A buffer, returned to its pool on drop.
pub(crate) struct ChunkBuffer {
    bytes: Vec<u8>,
    /// `None` for a small buffer.
    pool: Option<ChunkPool>,
}

impl ChunkPool {
    /// Returns an empty buffer for up to [`CHUNK_BYTES`].
    pub(crate) fn buffer(&self, bytes: usize) -> ChunkBuffer {
        if bytes <= CHUNK_BYTES / 2 {
            return ChunkBuffer {
                bytes: Vec::with_capacity(bytes),
                pool: None,
            };
        }
        let mut buffers = self.lock();
        buffers.used += 1;
        let unused = buffers.unused.pop();
        drop(buffers);
        ChunkBuffer {
            bytes: unused.unwrap_or_else(|| Vec::with_capacity(CHUNK_BYTES)),
            pool: Some(self.clone()),
        }
    }

    fn recycle(&self, mut bytes: Vec<u8>) {
        bytes.clear();
        let mut buffers = self.lock();
        buffers.used = buffers.used.saturating_sub(1);
        if buffers.used == 0 {
            let unused = mem::take(&mut buffers.unused);
            drop(buffers);
            // Freed outside the lock.
            drop(unused);
        } else if buffers.unused.len() < UNUSED && bytes.capacity() == CHUNK_BYTES {
            buffers.unused.push(bytes);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Buffers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChunkBuffer {
    /// Returns the bytes, to be filled.
    pub(crate) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Converts the buffer into a chunk.
    pub(crate) fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for ChunkBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for ChunkBuffer {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.recycle(mem::take(&mut self.bytes));
        }
    }
}

impl fmt::Debug for ChunkPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChunkPool")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_reused_until_none_is_in_use() {
        let pool = ChunkPool::default();
        let (first, second) = (pool.buffer(CHUNK_BYTES), pool.buffer(CHUNK_BYTES));
        let address = first.bytes.as_ptr();
        drop(first.freeze());
        let reused = pool.buffer(CHUNK_BYTES);
        assert_eq!((reused.bytes.as_ptr(), reused.bytes.len()), (address, 0));
        drop(reused);
        assert_eq!(pool.lock().unused.len(), 1);
        drop(second);
        assert!(pool.lock().unused.is_empty());
        assert_eq!(pool.buffer(10).bytes.capacity(), 10);
    }
}
