//! Trying again when another writer was faster.

/// How often a use case reads and decides anew before it gives up: many may
/// touch one row at once (equal content, one path), and each round lets one
/// of them through.
pub(crate) const TRIES: u32 = 256;

/// Runs the future that `attempt` makes, which reads, decides and commits,
/// again as long as what it read was stale by the time it committed.
///
/// A macro, since the future of an async closure that borrows cannot be shown
/// to be `Send`.
macro_rules! while_stale {
    ($attempt:expr) => {{
        let mut left = $crate::retry::TRIES;
        loop {
            let outcome: $crate::error::Result<_> = $attempt.await;
            left -= 1;
            match outcome {
                Err($crate::error::Error::VersionConflict) if left > 0 => {}
                outcome => break outcome,
            }
        }
    }};
}

pub(crate) use while_stale;
