//! The outcome of running a job, shared by the runner and the job kinds.

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobOutcome {
    /// The end of the job was committed together with its effect.
    Committed,
    /// Nothing is left to do.
    Done,
    /// A dependency is unavailable; retry without a limit.
    Postponed(String),
    /// The attempt failed; retry up to the maximum number of failures.
    Failed(String),
    /// The job can never succeed; do not retry.
    Unrecoverable(String),
}
