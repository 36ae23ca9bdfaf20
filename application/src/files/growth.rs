//! The reservation of an upload without a length: it grows ahead of the bytes
//! that have arrived.
//!
//! The body waits before a piece that exceeds the reservation, until the task
//! that receives the upload has committed more.

use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use event_listener::Event;
use futures_util::{StreamExt, stream};
use tenantry_domain::{
    blob::Blob,
    quota::{MIN_CHARGE_BYTES, Quota},
};

use super::upload_command::expired;
use crate::{
    error::{Error, Result},
    ports::{BlobBody, BodyError, CommitError, Refusal, TenantStore},
    services::Services,
};

/// The maximum number of bytes reserved ahead of those that have arrived.
const AHEAD_BYTES: u64 = 8 * 1024 * 1024;

/// The number of attempts against concurrent reservations of other uploads.
const ATTEMPTS: usize = 4;

/// Returns the bytes that an upload without a length reserves first.
pub(super) fn first_bytes(quota: &Quota) -> u64 {
    ahead_bytes(quota).max(MIN_CHARGE_BYTES)
}

/// Returns the bytes to reserve ahead: at most half of the rest, so that the last
/// bytes of a quota do not go to the first of several small uploads.
fn ahead_bytes(quota: &Quota) -> u64 {
    AHEAD_BYTES.min(quota.available_bytes() / 2)
}

/// The demand of a body for reserved bytes, which the receiving task meets.
pub(super) struct Growth {
    meter: Arc<Meter>,
}

impl Growth {
    /// Wraps the body of an upload that has reserved `reserved` bytes, and may
    /// have up to `max` bytes.
    pub(super) fn of(body: BlobBody, reserved: u64, max: u64) -> (BlobBody, Self) {
        let meter = Arc::new(Meter {
            count: Mutex::new(Count {
                granted: reserved,
                ..Count::default()
            }),
            max,
            changed: Event::new(),
        });
        let growth = Self {
            meter: Arc::clone(&meter),
        };
        let state = (body, Arc::clone(&meter));
        let metered = stream::unfold(state, |(mut body, meter)| async move {
            let piece = match body.next().await? {
                Ok(piece) => meter.admit(piece).await,
                Err(error) => Err(error),
            };
            Some((piece, (body, meter)))
        });
        (metered.boxed(), growth)
    }

    /// Waits until the body needs more bytes, and returns their number.
    pub(super) async fn demand(&self) -> u64 {
        let max = self.meter.max;
        let needed = |count: &mut Count| {
            let bytes = count.needed.saturating_sub(count.granted);
            (bytes > 0 && count.needed <= max).then_some(bytes)
        };
        self.meter.wait_for(needed).await
    }

    /// Reserves `needed` bytes, and some ahead, in one commit with a heartbeat.
    pub(super) async fn grow(
        &self,
        services: &Services,
        store: &dyn TenantStore,
        blob: &mut Blob,
        needed: u64,
    ) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let quota = store.quota().current().await?;
            if needed > quota.available_bytes() {
                return Err(Error::QuotaExceeded);
            }
            let bytes = needed.max(ahead_bytes(&quota));
            let mut grown = blob.clone();
            grown.grow(bytes, services.now())?;
            let mut work = store.begin();
            work.blobs().update(&grown);
            work.quota().reserve(bytes);
            match store.commit(work).await {
                Ok(()) => {
                    grown.revision = grown.revision.next();
                    *blob = grown;
                    self.meter.change(|count| count.granted += bytes);
                    return Ok(());
                }
                // Another upload has reserved meanwhile.
                Err(CommitError::Refused(Refusal::Quota)) => {}
                Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => {
                    return Err(expired());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::QuotaExceeded)
    }
}

impl Drop for Growth {
    /// Ends a body that still waits.
    fn drop(&mut self) {
        self.meter.change(|count| count.is_closed = true);
    }
}

/// Waits for the demand of a body; never returns for one with a length.
pub(super) async fn demand(growth: Option<&Growth>) -> u64 {
    match growth {
        Some(growth) => growth.demand().await,
        None => pending().await,
    }
}

/// The bytes of a body, shared with the task that receives it.
struct Meter {
    count: Mutex<Count>,
    max: u64,
    changed: Event,
}

#[derive(Default)]
struct Count {
    /// The bytes that have arrived, and wait to be stored.
    needed: u64,
    granted: u64,
    is_closed: bool,
}

impl Meter {
    /// Returns a piece once it is within the reservation. A body that exceeds the
    /// maximum needs no reservation: storing it fails.
    async fn admit(&self, piece: Bytes) -> Result<Bytes, BodyError> {
        let bytes = piece.len() as u64;
        self.change(|count| count.needed = count.needed.saturating_add(bytes));
        let admitted = self.wait_for(|count| {
            if count.is_closed {
                Some(Err(BodyError::Cut))
            } else if count.needed <= count.granted || count.needed > self.max {
                Some(Ok(()))
            } else {
                None
            }
        });
        admitted.await.map(|()| piece)
    }

    /// Waits until `ready` returns a value.
    async fn wait_for<T>(&self, mut ready: impl FnMut(&mut Count) -> Option<T>) -> T {
        loop {
            let listener = self.changed.listen();
            if let Some(value) = ready(&mut self.lock()) {
                return value;
            }
            listener.await;
        }
    }

    fn change(&self, change: impl FnOnce(&mut Count)) {
        change(&mut self.lock());
        self.changed.notify(usize::MAX);
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn lock(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::id::TenantId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_reservation_leaves_half_of_the_rest_to_others() {
        let quota = |limit_bytes| Quota::new(TenantId::from_uuid(Uuid::nil()), limit_bytes);
        assert_eq!(first_bytes(&quota(1 << 40)), AHEAD_BYTES);
        assert_eq!(first_bytes(&quota(1 << 20)), 1 << 19);
        assert_eq!(first_bytes(&quota(0)), MIN_CHARGE_BYTES);
    }
}
