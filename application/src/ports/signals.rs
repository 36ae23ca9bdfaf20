//! What the processes of one installation tell each other and themselves.

use futures_util::stream::BoxStream;

use async_trait::async_trait;

use super::{EpochSubject, PortError};

/// Carries hints within a process, and to others that work on the same store.
///
/// A hint makes others look at once at what they look at anyway every second
/// or so. It may be lost, come twice or come late, and nothing may depend on
/// it: the store alone says what is so.
#[async_trait]
pub trait Signals: Send + Sync {
    /// Tells every process, this one at once. It never waits and never fails:
    /// what cannot be sent soon is dropped.
    fn tell(&self, signals: &[Signal]);

    /// What is told from now on. It does not end by itself; a listener that
    /// falls behind misses some.
    fn listen(&self) -> BoxStream<'static, Signal>;

    /// Asks whatever carries the signals for a sign of life. Where there is
    /// nobody to tell, all is well.
    async fn probe(&self) -> Result<(), PortError>;
}

/// Something that was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// A job that is due, or soon will be.
    JobsAdded,
    /// What somebody may do.
    EpochRaised(EpochSubject),
}
