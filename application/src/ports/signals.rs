//! Signals between the processes of one installation.

use futures_util::stream::BoxStream;

use async_trait::async_trait;

use super::PortError;
use crate::work::Signal;

/// Publishes signals within this process, and to other processes that share the
/// store.
///
/// A signal makes its subscribers poll the store immediately instead of within
/// about a second. Signals may be lost, duplicated or delayed, and nothing may
/// depend on them: the store alone is authoritative.
#[async_trait]
pub trait Signals: Send + Sync {
    /// Publishes signals to every process; to this one immediately. Never waits
    /// and never fails: signals that cannot be sent soon are dropped.
    fn publish(&self, signals: &[Signal]);

    /// Subscribes to signals published from now on. The stream does not end by
    /// itself; a slow subscriber misses signals.
    fn subscribe(&self) -> BoxStream<'static, Signal>;

    /// Checks that the transport of signals responds. Succeeds if there is no
    /// other process to reach.
    async fn probe(&self) -> Result<(), PortError>;
}
