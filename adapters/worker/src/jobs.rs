//! Taking jobs from the queue.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::BoxStream};
use tenantry_application::{Services, jobs, ports::Signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long to wait after the queue itself failed.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Wakes the workers of this process when jobs were added, until `stop` is
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

/// Takes and does one job after the other until `stop` is cancelled; the one
/// under way is finished.
pub(crate) async fn work(
    services: Arc<Services>,
    name: String,
    lease: Duration,
    poll: Duration,
    mut wakeups: watch::Receiver<()>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        // What comes between looking and waiting wakes all the same.
        wakeups.mark_unchanged();
        match jobs::run_next(&services, &name, lease).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::select! {
                    () = services.clock.sleep(poll) => {}
                    () = woken(&mut wakeups) => {}
                    () = stop.cancelled() => {}
                }
            }
            Err(error) => {
                tracing::warn!(worker = name, %error, "the queue failed; will be tried again");
                tokio::select! {
                    () = services.clock.sleep(BACK_OFF) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }
}

/// Waits for a wake-up, for ever where there will be none.
async fn woken(wakeups: &mut watch::Receiver<()>) {
    if wakeups.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
