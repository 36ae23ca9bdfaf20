//! How much memory uploads may take, all together.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a fast upload gathers before it is hashed and written: large enough
/// that the ways to the blocking threads and back do not count.
const WIDE_BYTES: usize = 1024 * 1024;
/// What an upload gathers when memory is short.
const NARROW_BYTES: usize = 64 * 1024;
/// One chunk is gathered while the one before is hashed and written.
const CHUNKS: usize = 2;

/// Memory that uploads share; clones share it too, so that several stores can
/// have one bound.
///
/// An upload takes 2 MiB of it if there is as much left. If not it does not
/// wait (slow clients that hold it would lock out the others) but goes on with
/// 128 KiB of its own, less quickly.
#[derive(Debug, Clone)]
pub struct UploadMemory {
    wide_uploads: Arc<Semaphore>,
}

/// An upload's share, given back when dropped.
pub(crate) struct Share {
    permit: Option<OwnedSemaphorePermit>,
}

impl UploadMemory {
    /// Memory of so many bytes, in steps of 2 MiB.
    pub fn new(bytes: usize) -> Self {
        Self {
            wide_uploads: Arc::new(Semaphore::new(bytes / (CHUNKS * WIDE_BYTES))),
        }
    }

    pub(crate) fn share(&self) -> Share {
        Share {
            permit: Arc::clone(&self.wide_uploads).try_acquire_owned().ok(),
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
}
