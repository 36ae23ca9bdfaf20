//! Tells waiting workers of this process that a job may have been added.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::sync::watch;

/// Counts commits that added jobs. A worker that found nothing waits for the
/// count to move on from what it was before it looked, so that a job added
/// between looking and waiting wakes it all the same.
#[derive(Debug, Default)]
pub(crate) struct JobSignal {
    count: watch::Sender<u64>,
    empty_at: AtomicU64,
}

impl JobSignal {
    /// Jobs were committed.
    pub(crate) fn added(&self) {
        self.count.send_modify(|count| *count += 1);
    }

    /// The count before looking.
    pub(crate) fn count(&self) -> u64 {
        *self.count.borrow()
    }

    /// At this count nothing was due.
    pub(crate) fn found_nothing(&self, count: u64) {
        self.empty_at.store(count, Ordering::Release);
    }

    /// Waits until jobs were added since somebody last found nothing.
    pub(crate) async fn wait(&self, timeout: Duration) {
        let empty_at = self.empty_at.load(Ordering::Acquire);
        let mut counts = self.count.subscribe();
        let moved_on = counts.wait_for(|count| *count != empty_at);
        // Either end is an end of waiting.
        drop(tokio::time::timeout(timeout, moved_on).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn what_comes_between_looking_and_waiting_wakes() {
        let signal = JobSignal::default();
        let before = signal.count();
        signal.added();
        signal.found_nothing(before);
        assert!(tokio::time::timeout(SOON, signal.wait(LONG)).await.is_ok());
    }

    #[tokio::test]
    async fn without_jobs_the_wait_ends_by_itself() {
        let signal = JobSignal::default();
        signal.added();
        signal.found_nothing(signal.count());
        assert!(tokio::time::timeout(SOON, signal.wait(LONG)).await.is_err());
        assert!(tokio::time::timeout(LONG, signal.wait(SOON)).await.is_ok());
    }
}
