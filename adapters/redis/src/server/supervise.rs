//! Looking for the server while it is away, and after it while it is there.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{Link, Pause};

/// How often a server that is there is asked for a sign of life.
const LOOK: Duration = Duration::from_secs(1);

/// After so long without a failure the next one is not of the same row.
const STEADY: Duration = Duration::from_secs(10);

/// Runs until it is aborted.
pub(super) async fn supervise(link: Arc<Link>) {
    let mut pause = link.pause();
    loop {
        if link.is_away() {
            look(&link, &mut pause).await;
            tracing::info!(server.address = link.address, "the Redis server is back");
        }
        let since = Instant::now();
        attend(&link).await;
        if since.elapsed() > STEADY {
            pause.reset();
        }
    }
}

/// Looks for the server until it is back.
async fn look(link: &Link, pause: &mut Pause) {
    loop {
        pause.take().await;
        match link.dial().await {
            Ok(connection) => return link.open(connection),
            Err(error) => tracing::debug!(server.address = link.address, %error, "still away"),
        }
    }
}

/// Asks for signs of life until the server is away.
async fn attend(link: &Link) {
    loop {
        tokio::select! {
            () = link.away() => return,
            () = sleep(LOOK) => {}
        }
        // A failure counts like anyone else's.
        if let Err(error) = link.probe().await {
            tracing::debug!(%error, "no sign of life");
        }
    }
}
