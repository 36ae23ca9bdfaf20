//! Watching epochs, so that a revocation anywhere bites here.

use std::{collections::BTreeMap, time::Duration};

use tenantry_domain::Timestamp;

use crate::{
    error::Result,
    ports::{EpochSubject, Signal},
    services::Services,
};

/// How far clocks of several processes may be apart, and a commit may take
/// from its reading of the clock to its being visible.
const OVERLAP: Duration = Duration::from_secs(30);

/// How long one look keeps the cache open. Whoever looks must do so more often.
const FRESH: Duration = Duration::from_secs(3);

/// Looks for raised epochs, again and again.
#[derive(Debug, Default)]
pub struct AccessWatch {
    seen: BTreeMap<EpochSubject, (u64, Timestamp)>,
}

impl AccessWatch {
    /// How often to look.
    pub const EVERY: Duration = Duration::from_secs(1);

    /// Looks once: forgets what is no longer true and keeps the rest fresh for
    /// a moment. When this fails the cache closes by itself soon after.
    pub async fn look(&mut self, services: &Services) -> Result<()> {
        let now = services.now();
        let since = now.minus(OVERLAP);
        for change in services.store.epochs().changed_since(since).await? {
            let known = self
                .seen
                .insert(change.subject, (change.epoch, change.changed_at));
            if known.is_none_or(|(epoch, _)| epoch != change.epoch) {
                services.access_cache.forget(change.subject);
            }
        }
        self.seen.retain(|_, (_, changed_at)| *changed_at >= since);
        services.access_cache.keep_fresh_until(now.plus(FRESH));
        Ok(())
    }
}

/// Hears of a raised epoch before the next look. Only forgets: how long the
/// cache may be believed is for [`AccessWatch`] alone to say.
pub fn hear_of_access(services: &Services, signal: Signal) {
    if let Signal::EpochRaised(subject) = signal {
        services.access_cache.forget(subject);
    }
}
