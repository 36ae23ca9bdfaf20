//! Retries after conflicts with concurrent writers.

/// The maximum number of attempts of a use case. Many callers may write one row
/// concurrently (equal content, one path), and each round lets one of them
/// succeed.
pub(crate) const MAX_ATTEMPTS: u32 = 256;

/// Evaluates `attempt`, a future that reads, decides and commits, until it does
/// not fail with a version conflict.
///
/// A macro, since the future of an async closure that borrows cannot be proven
/// to be `Send`.
macro_rules! while_stale {
    ($attempt:expr) => {{
        let mut left = $crate::retry::MAX_ATTEMPTS;
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
