//! Doing something again and again.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tenantry_application::{Result, Services};
use tokio_util::sync::CancellationToken;

/// Something to do every so often.
#[async_trait]
pub(crate) trait Chore: Send {
    /// Its name, for the log.
    const NAME: &'static str;

    /// Does one round.
    async fn round(&mut self, services: &Services) -> Result<()>;
}

/// Does a chore until `stop` is cancelled, with `every` between the end of one
/// round and the next; a round under way is finished. Of a row of failures the
/// first is logged, and the end.
pub(crate) async fn repeat<C: Chore>(
    mut chore: C,
    every: Duration,
    services: Arc<Services>,
    stop: CancellationToken,
) {
    let mut failing = false;
    while !stop.is_cancelled() {
        match chore.round(&services).await {
            Ok(()) if failing => {
                failing = false;
                tracing::info!(task = C::NAME, "works again");
            }
            Ok(()) => {}
            Err(error) if failing => tracing::debug!(task = C::NAME, %error, "still failing"),
            Err(error) => {
                failing = true;
                let source = std::error::Error::source(&error);
                tracing::warn!(task = C::NAME, %error, source, "failed; will be tried again");
            }
        }
        tokio::select! {
            () = services.clock.sleep(every) => {}
            () = stop.cancelled() => {}
        }
    }
}
