//! Publishing the signals of a commit.

use crate::ports::{CommitError, Signal, Signals};

/// Publishes the signals of a commit unless it was refused. A commit with an
/// unknown outcome may have been applied.
pub(super) fn publish_signals(
    outcome: &Result<(), CommitError>,
    signals: &dyn Signals,
    caused: &[Signal],
) {
    if !caused.is_empty() && !matches!(outcome, Err(CommitError::Refused(_))) {
        signals.publish(caused);
    }
}
