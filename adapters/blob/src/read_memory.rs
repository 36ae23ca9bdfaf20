//! The memory shared by the read-ahead of all reads, and its limit.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::chunk_pool::ChunkPool;

/// The memory of one read with read-ahead: two blocks of a file, or the buffers
/// of a connection and a piece.
const SHARE_BYTES: usize = 1024 * 1024;

/// The time without a request for bytes after which a read counts as stalled.
const STALL: Duration = Duration::from_secs(1);

/// Memory shared by reads and by clones, so that several stores can have one
/// limit.
///
/// A read takes 1 MiB for read-ahead if available, if necessary from a read
/// whose client has taken no bytes for a second. Otherwise it does not wait,
/// since slow clients could then block all others, but reads every piece twice:
/// once to verify it, and once in chunks of 32 KiB. It then holds one
/// chunk outside the limit.
#[derive(Debug, Clone)]
pub struct ReadMemory(Arc<Shares>);

#[derive(Debug)]
struct Shares {
    free: Arc<Semaphore>,
    /// The reads that hold a share, and some that have ended.
    holders: Mutex<Vec<Weak<dyn Holder>>>,
    pool: ChunkPool,
}

/// A read that can lose its share.
trait Holder: std::fmt::Debug + Send + Sync {
    /// Returns the time since which the read is parked, if it is.
    fn parked_since(&self) -> Option<Instant>;

    /// Drops the parked state, and with it the share.
    fn evict(&self);
}

/// One read's share, released on drop.
#[derive(Debug)]
pub(crate) struct Share(#[expect(dead_code, reason = "held until dropped")] OwnedSemaphorePermit);

/// The place of a read's buffers and share while its client takes no bytes.
pub(crate) struct ParkingSlot<T>(Mutex<Option<(T, Instant)>>);

impl ReadMemory {
    /// Creates a limit of `bytes`, in steps of 1 MiB.
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Shares {
            free: Arc::new(Semaphore::new(bytes / SHARE_BYTES)),
            holders: Mutex::default(),
            pool: ChunkPool::default(),
        }))
    }

    /// Returns the buffers of chunks.
    pub(crate) fn pool(&self) -> ChunkPool {
        self.0.pool.clone()
    }

    /// Acquires a share, if necessary from a stalled read. The read must park
    /// the share in `slot` together with its buffers.
    pub(crate) fn share<T: Send + 'static>(&self, slot: &Arc<ParkingSlot<T>>) -> Option<Share> {
        let free = &self.0.free;
        let permit = match Arc::clone(free).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                self.0.evict_stalled();
                Arc::clone(free).try_acquire_owned().ok()?
            }
        };
        let mut holders = self.0.holders();
        holders.retain(|holder| holder.strong_count() > 0);
        let slot: Weak<ParkingSlot<T>> = Arc::downgrade(slot);
        holders.push(slot);
        Some(Share(permit))
    }
}

impl Shares {
    fn holders(&self) -> MutexGuard<'_, Vec<Weak<dyn Holder>>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Evicts the read that has been stalled longest, if any.
    fn evict_stalled(&self) {
        let mut holders = self.holders();
        let parked = holders.iter().enumerate().filter_map(|(index, holder)| {
            let since = holder.upgrade()?.parked_since()?;
            (since.elapsed() >= STALL).then_some((since, index))
        });
        let Some((_, index)) = parked.min() else {
            return;
        };
        let holder = holders.swap_remove(index).upgrade();
        drop(holders);
        if let Some(holder) = holder {
            holder.evict();
        }
    }
}

impl<T> ParkingSlot<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(None)))
    }

    /// Parks buffers and share until the client takes more bytes.
    pub(crate) fn park(&self, state: T) {
        *self.lock() = Some((state, Instant::now()));
    }

    /// Takes them back, unless another read needed the share.
    pub(crate) fn take(&self) -> Option<T> {
        self.lock().take().map(|(state, _)| state)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(T, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send> Holder for ParkingSlot<T> {
    fn parked_since(&self) -> Option<Instant> {
        self.lock().as_ref().map(|(_, since)| *since)
    }

    fn evict(&self) {
        let state = self.lock().take();
        // Dropped outside the lock.
        drop(state);
    }
}

impl<T> std::fmt::Debug for ParkingSlot<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ParkingSlot")
    }
}

impl Default for ReadMemory {
    /// Returns a limit of 16 MiB: 16 reads with read-ahead.
    fn default() -> Self {
        Self::new(16 * SHARE_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_stalled_reads_lose_their_share() {
        let memory = ReadMemory::new(2 * SHARE_BYTES);
        let slots = [(); 4].map(|()| ParkingSlot::new());
        for slot in &slots[..2] {
            let share = memory.share(slot);
            assert!(share.is_some());
            slot.park(share);
            tokio::time::advance(Duration::from_millis(10)).await;
        }
        assert!(memory.share(&slots[2]).is_none(), "both reads are active");
        tokio::time::advance(Duration::from_millis(985)).await;
        let third = memory.clone().share(&slots[2]);
        assert!(third.is_some(), "the first read is stalled");
        assert!(slots[0].take().is_none());
        assert!(memory.share(&slots[3]).is_none(), "the second one is not");
        let second = slots[1].take();
        tokio::time::advance(STALL).await;
        assert!(memory.share(&slots[3]).is_none(), "neither is parked");
        drop(second);
        assert!(memory.share(&slots[3]).is_some());
        drop(third);
    }
}
