//! Exponential backoff between connection attempts.

use std::{sync::Arc, time::Duration};

use tenantry_application::ports::IdGenerator;
use tokio::time::sleep;

const MIN_DELAY: Duration = Duration::from_millis(100);
/// Delay and attempt together stay well below five seconds.
const MAX_DELAY: Duration = Duration::from_secs(2);

/// A backoff that doubles after each attempt. Jitter shortens a delay by up to
/// a half, so that processes do not reconnect simultaneously.
pub(crate) struct Backoff {
    ids: Arc<dyn IdGenerator>,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(ids: Arc<dyn IdGenerator>) -> Self {
        Self {
            ids,
            next: MIN_DELAY,
        }
    }

    /// Waits for the current delay and doubles it.
    pub(crate) async fn wait(&mut self) {
        sleep(self.next_delay()).await;
    }

    /// Resets the delay to the minimum.
    pub(crate) fn reset(&mut self) {
        self.next = MIN_DELAY;
    }

    fn next_delay(&mut self) -> Duration {
        let delay = self.next;
        self.next = MAX_DELAY.min(2 * delay);
        // The last bits of an id are random.
        let [.., random] = self.ids.next().into_bytes();
        delay / 2 + delay / 2 * u32::from(random) / u32::from(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    struct FixedIds;

    impl IdGenerator for FixedIds {
        fn next(&self) -> Uuid {
            Uuid::from_u128(0x80)
        }
    }

    #[test]
    fn delays_grow_up_to_the_maximum() {
        let mut backoff = Backoff::new(Arc::new(FixedIds));
        let first = backoff.next_delay();
        assert!(first >= MIN_DELAY / 2 && first <= MIN_DELAY);
        let mut last = first;
        for _ in 0..20 {
            let next = backoff.next_delay();
            assert!(next >= last && next <= MAX_DELAY);
            last = next;
        }
        assert!(last >= MAX_DELAY / 2);
        backoff.reset();
        assert_eq!(backoff.next_delay(), first);
    }
}
