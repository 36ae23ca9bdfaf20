//! Taking jobs from the queue.

use std::{sync::Arc, time::Duration};

use tenantry_application::{Services, jobs};
use tokio_util::sync::CancellationToken;

/// How long to wait after the queue itself failed.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Takes and does one job after the other until `stop` is cancelled; the one
/// under way is finished.
pub(crate) async fn work(
    on: Arc<Services>,
    name: String,
    lease: Duration,
    poll: Duration,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        match jobs::run_next(&on, &name, lease).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::select! {
                    () = on.store.jobs().wait(poll) => {}
                    () = stop.cancelled() => {}
                }
            }
            Err(error) => {
                tracing::warn!(worker = name, %error, "the queue failed; will be tried again");
                tokio::select! {
                    () = on.clock.sleep(BACK_OFF) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }
}
