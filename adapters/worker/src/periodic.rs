//! Periodic tasks.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tenantry_application::{Result, Services};
use tokio_util::sync::CancellationToken;

/// A periodic task.
#[async_trait]
pub(crate) trait PeriodicTask: Send {
    /// The name in the log.
    const NAME: &'static str;

    /// Runs the task once.
    async fn run(&mut self, services: &Services) -> Result<()>;
}

/// Repeats a task until `stop` is cancelled, pausing for `interval` after each
/// run. A run in progress is finished. Of consecutive failures only the first
/// is logged, as is the recovery.
pub(crate) async fn repeat<T: PeriodicTask>(
    mut task: T,
    interval: Duration,
    services: Arc<Services>,
    stop: CancellationToken,
) {
    let mut is_failing = false;
    while !stop.is_cancelled() {
        match task.run(&services).await {
            Ok(()) if is_failing => {
                is_failing = false;
                tracing::info!(task = T::NAME, "periodic task recovered");
            }
            Ok(()) => {}
            Err(error) if is_failing => {
                tracing::debug!(task = T::NAME, %error, "periodic task is still failing");
            }
            Err(error) => {
                is_failing = true;
                let source = std::error::Error::source(&error);
                tracing::warn!(task = T::NAME, %error, source, "periodic task failed; will retry");
            }
        }
        tokio::select! {
            () = services.clock.sleep(interval) => {}
            () = stop.cancelled() => {}
        }
    }
}
