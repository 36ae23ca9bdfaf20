//! Job queue consumers.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::BoxStream};
use tenantry_application::{Services, jobs, ports::Signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The pause after a failure of the queue itself.
const BACKOFF: Duration = Duration::from_secs(1);

/// Wakes the workers of this process when jobs are added, until `stop` is
/// cancelled.
pub(crate) async fn wake(
    mut signals: BoxStream<'static, Signal>,
    wakeups: watch::Sender<()>,
    stop: CancellationToken,
) {
    while let Some(Some(signal)) = stop.run_until_cancelled(signals.next()).await {
        if signal == Signal::JobsAdded {
            wakeups.send_replace(());
        }
    }
}

/// Runs jobs one after another until `stop` is cancelled; a running job is
/// finished.
pub(crate) async fn work(
    services: Arc<Services>,
    name: String,
    lease: Duration,
    poll: Duration,
    mut wakeups: watch::Receiver<()>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        // A wake-up that arrives after the query below ends the wait.
        wakeups.mark_unchanged();
        match jobs::run_next(&services, &name, lease).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::select! {
                    () = services.clock.sleep(poll) => {}
                    () = wait_for_wakeup(&mut wakeups) => {}
                    () = stop.cancelled() => {}
                }
            }
            Err(error) => {
                tracing::warn!(worker = name, %error, "job queue failed; will retry");
                tokio::select! {
                    () = services.clock.sleep(BACKOFF) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }
}

/// Waits for a wake-up; never returns once the sender is gone.
async fn wait_for_wakeup(wakeups: &mut watch::Receiver<()>) {
    if wakeups.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
