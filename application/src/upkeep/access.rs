//! Polling epochs, so that a revocation in any process takes effect here.

use std::{collections::BTreeMap, time::Duration};

use tenantry_domain::Timestamp;

use crate::{
    error::Result,
    ports::{EpochSubject, Signal},
    services::Services,
};

/// The maximum clock difference between processes, plus the time from reading
/// the clock to the visibility of a commit.
const OVERLAP: Duration = Duration::from_secs(30);

/// The time for which one poll keeps the cache fresh; must be longer than the
/// polling interval.
const FRESH: Duration = Duration::from_secs(3);

/// A poller of raised epochs.
#[derive(Debug, Default)]
pub struct AccessWatch {
    seen: BTreeMap<EpochSubject, (u64, Timestamp)>,
}

impl AccessWatch {
    /// The polling interval.
    pub const EVERY: Duration = Duration::from_secs(1);

    /// Polls once: invalidates outdated grants and keeps the rest fresh for a
    /// moment. After a failure the cache expires soon by itself.
    pub async fn poll(&mut self, services: &Services) -> Result<()> {
        let now = services.now();
        let since = now.minus(OVERLAP);
        for change in services.store.epochs().changed_since(since).await? {
            let known = self
                .seen
                .insert(change.subject, (change.epoch, change.changed_at));
            if known.is_none_or(|(epoch, _)| epoch != change.epoch) {
                services.access_cache.invalidate(change.subject);
            }
        }
        self.seen.retain(|_, (_, changed_at)| *changed_at >= since);
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
