//! How much memory uploads may take, all together.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// What a fast upload gathers before it is hashed and written: large enough
/// that the ways to the blocking threads and back do not count.
const WIDE_BYTES: usize = 1024 * 1024;
/// What an upload gathers when memory is short.
const NARROW_BYTES: usize = 64 * 1024;
/// One chunk is gathered while the one before is hashed and written.
const CHUNKS: usize = 2;

/// The size of all parts of an object but the last. Services take at most
/// 10,000 of one.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// The least that services take of a part that is not the last.
const SMALL_PART_BYTES: usize = 5 * 1024 * 1024;
/// How many parts there are memory for, where nobody says.
const DEFAULT_PARTS: usize = 8;
/// How long an upload waits for the memory of a part.
const PATIENCE: Duration = Duration::from_secs(5);

/// Memory that uploads share; clones share it too, so that several stores can
/// have one bound.
///
/// An upload takes 2 MiB of it if there is as much left. If not it does not
/// wait (slow clients that hold it would lock out the others) but goes on with
/// 128 KiB of its own, less quickly. Buffers go from one upload to the next:
/// allocated on one thread and let go on another, again and again, they would
/// take several times what is in use.
///
/// Stores that take objects in parts gather each part in 8 MiB of a memory of
/// its own. Where none is left an upload waits for it, but not for ever: those
/// who hold it may be slow clients. Then it goes on with 5 MiB of its own.
#[derive(Debug, Clone)]
pub struct UploadMemory {
    wide_uploads: Arc<Semaphore>,
    parts: Arc<Semaphore>,
    spare: Arc<Spare>,
}

/// Buffers that are not in use, while some upload is under way.
#[derive(Debug, Default)]
struct Spare(Mutex<Buffers>);

#[derive(Debug, Default)]
struct Buffers {
    uploads: usize,
    wide: Vec<BytesMut>,
    parts: Vec<BytesMut>,
}

/// An upload's share, given back when dropped.
pub(crate) struct Share {
    permit: Option<OwnedSemaphorePermit>,
    spare: Arc<Spare>,
}

impl UploadMemory {
    /// Memory of so many bytes, in steps of 2 MiB, and as much for parts as
    /// [`with_parts`](Self::with_parts) says, else 64 MiB.
    pub fn new(bytes: usize) -> Self {
        Self {
            wide_uploads: Arc::new(Semaphore::new(bytes / (CHUNKS * WIDE_BYTES))),
            parts: Arc::new(Semaphore::new(DEFAULT_PARTS)),
            spare: Arc::default(),
        }
    }

    /// The same with memory for parts of so many bytes, in steps of 8 MiB.
    #[must_use]
    pub fn with_parts(self, bytes: usize) -> Self {
        Self {
            parts: Arc::new(Semaphore::new(bytes / PART_BYTES)),
            ..self
        }
    }

    /// Memory for a part, as soon as there is some.
    pub(crate) async fn part(&self) -> Part {
        let permit = timeout(PATIENCE, Arc::clone(&self.parts).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok);
        let size = match permit {
            Some(_) => PART_BYTES,
            None => SMALL_PART_BYTES,
        };
        let spare = permit.as_ref().and_then(|_| self.spare.lock().parts.pop());
        Part {
            buffer: spare.unwrap_or_else(|| BytesMut::with_capacity(size)),
            size,
            room: PartRoom {
                permit,
                spare: Arc::clone(&self.spare),
            },
        }
    }

    pub(crate) fn share(&self) -> Share {
        self.spare.lock().uploads += 1;
        Share {
            permit: Arc::clone(&self.wide_uploads).try_acquire_owned().ok(),
            spare: Arc::clone(&self.spare),
        }
    }
}

impl Share {
    pub(crate) fn chunk_bytes(&self) -> usize {
        if self.permit.is_some() {
            WIDE_BYTES
        } else {
            NARROW_BYTES
        }
    }

    /// An empty buffer with room for a chunk.
    pub(crate) fn buffer(&self) -> BytesMut {
        let spare = match self.permit {
            Some(_) => self.spare.lock().wide.pop(),
            None => None,
        };
        spare.unwrap_or_else(|| BytesMut::with_capacity(self.chunk_bytes()))
    }

    /// Takes a buffer back that is no longer in use.
    pub(crate) fn give_back(&self, mut buffer: BytesMut) {
        buffer.clear();
        if self.permit.is_some() && buffer.capacity() == WIDE_BYTES {
            self.spare.lock().wide.push(buffer);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut buffers = self.spare.lock();
        buffers.uploads -= 1;
        if buffers.uploads == 0 {
            buffers.wide = Vec::new();
            buffers.parts = Vec::new();
        }
    }
}

/// A part in the making.
#[derive(Debug)]
pub(crate) struct Part {
    buffer: BytesMut,
    size: usize,
    room: PartRoom,
}

/// The memory of a part, given back when dropped.
#[derive(Debug)]
pub(crate) struct PartRoom {
    permit: Option<OwnedSemaphorePermit>,
    spare: Arc<Spare>,
}

impl Part {
    pub(crate) fn is_full(&self) -> bool {
        self.buffer.len() == self.size
    }

    /// Takes as much of the bytes as there is room for.
    pub(crate) fn take_from(&mut self, bytes: &mut Bytes) {
        let taken = bytes.len().min(self.size - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        bytes.advance(taken);
    }

    pub(crate) fn into_bytes(self) -> (Bytes, PartRoom) {
        (self.buffer.freeze(), self.room)
    }
}

impl PartRoom {
    /// Takes the bytes back, once they are sent, for the next part.
    pub(crate) fn give_back(self, bytes: Bytes) {
        let mut buffers = self.spare.lock();
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

impl Spare {
    fn lock(&self) -> MutexGuard<'_, Buffers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for UploadMemory {
    /// 64 MiB: 32 uploads at full speed.
    fn default() -> Self {
        Self::new(64 * 1024 * 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_late_gathers_less() {
        let memory = UploadMemory::new(CHUNKS * WIDE_BYTES);
        let first = memory.share();
        assert_eq!(first.chunk_bytes(), WIDE_BYTES);
        assert_eq!(memory.clone().share().chunk_bytes(), NARROW_BYTES);
        drop(first);
        assert_eq!(memory.share().chunk_bytes(), WIDE_BYTES);
    }

    #[test]
    fn buffers_are_used_again_until_the_last_upload_ends() {
        let memory = UploadMemory::default();
        let (first, second) = (memory.share(), memory.share());
        let mut buffer = first.buffer();
        buffer.extend_from_slice(b"bytes");
        let place = buffer.as_ptr();
        first.give_back(buffer);
        drop(first);
        let again = second.buffer();
        assert_eq!((again.len(), again.as_ptr()), (0, place));
        second.give_back(again);
        drop(second);
        assert!(memory.spare.lock().wide.is_empty());
    }
}
