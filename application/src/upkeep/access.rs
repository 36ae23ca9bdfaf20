//! Polling epochs, so that a revocation in any process takes effect here.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    error::Result,
    ports::{EpochPosition, EpochSubject, Signal},
    services::Services,
};

/// The time for which one poll keeps the cache fresh; must be longer than the
/// polling interval.
const FRESH: Duration = Duration::from_secs(3);

/// A poller of raised epochs.
#[derive(Debug, Default)]
pub struct AccessWatch {
    /// The position of the last poll; `None` if it failed.
    position: Option<EpochPosition>,
    /// The epochs of the last poll, which the next may return again.
    seen: BTreeMap<EpochSubject, u64>,
}

impl AccessWatch {
    /// The polling interval.
    pub const EVERY: Duration = Duration::from_secs(1);

    /// Polls once: invalidates outdated grants and keeps the rest fresh for a
    /// moment. After a failure the cache expires soon by itself, and the next
    /// poll empties it: the database may have failed over to a server without
    /// the last commits.
    pub async fn poll(&mut self, services: &Services) -> Result<()> {
        let now = services.now();
        let since = self.position.take();
        let raised = services.store.epochs().raised_since(since).await?;
        let seen = std::mem::take(&mut self.seen);
        if since.is_some_and(|since| since <= raised.position) {
            for change in &raised.changes {
                if seen.get(&change.subject) != Some(&change.epoch) {
                    services.access_cache.invalidate(change.subject);
                }
            }
        } else {
            services.access_cache.invalidate_all();
        }
        let epochs = raised.changes.iter();
        self.seen = epochs
            .map(|change| (change.subject, change.epoch))
            .collect();
        self.position = Some(raised.position);
        services.access_cache.set_fresh_until(now.plus(FRESH));
        Ok(())
    }
}

/// Invalidates grants on a signal, before the next poll. Does not keep any
/// grant fresh: only [`AccessWatch`] does.
pub fn invalidate_access(services: &Services, signal: Signal) {
    if let Signal::EpochRaised(subject) = signal {
        services.access_cache.invalidate(subject);
    }
}
