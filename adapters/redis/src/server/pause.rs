//! Pauses between tries that fail.

use std::{sync::Arc, time::Duration};

use tenantry_application::ports::IdGenerator;
use tokio::time::sleep;

const FIRST: Duration = Duration::from_millis(100);
/// Together with what one try may take, well within five seconds.
const LONGEST: Duration = Duration::from_secs(2);

/// A pause that doubles, each time cut by chance to between half and all of
/// it, so that processes that lost the server together do not come back
/// together.
pub(crate) struct Pause {
    ids: Arc<dyn IdGenerator>,
    next: Duration,
}

impl Pause {
    pub(super) fn new(ids: Arc<dyn IdGenerator>) -> Self {
        Self { ids, next: FIRST }
    }

    /// Pauses, longer than the last time.
    pub(crate) async fn take(&mut self) {
        sleep(self.step()).await;
    }

    /// The next one is short again.
    pub(crate) fn reset(&mut self) {
        self.next = FIRST;
    }

    fn step(&mut self) -> Duration {
        let whole = self.next;
        self.next = LONGEST.min(2 * whole);
        // The last bits of an id are chance.
        let [.., chance] = self.ids.next().into_bytes();
        whole / 2 + whole / 2 * u32::from(chance) / u32::from(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    struct Ids;

    impl IdGenerator for Ids {
        fn next(&self) -> Uuid {
            Uuid::from_u128(0x80)
        }
    }

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let mut pause = Pause::new(Arc::new(Ids));
        let first = pause.step();
        assert!(first >= FIRST / 2 && first <= FIRST);
        let mut last = first;
        for _ in 0..20 {
            let next = pause.step();
            assert!(next >= last && next <= LONGEST);
            last = next;
        }
        assert!(last >= LONGEST / 2);
        pause.reset();
        assert_eq!(pause.step(), first);
    }
}
