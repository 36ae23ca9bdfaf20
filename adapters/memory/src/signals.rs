//! Signals of a process that is alone.

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use tenantry_application::ports::{PortError, Signal, Signals};

/// There is nobody to tell, and nobody who tells.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemorySignals;

#[async_trait]
impl Signals for MemorySignals {
    fn tell(&self, _signals: &[Signal]) {}

    fn listen(&self) -> BoxStream<'static, Signal> {
        stream::pending().boxed()
    }

    async fn probe(&self) -> Result<(), PortError> {
        Ok(())
    }
}
