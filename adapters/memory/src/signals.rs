//! Signals of a process that is alone.

use std::future::ready;

use async_trait::async_trait;
use futures_util::stream::{BoxStream, StreamExt};
use tenantry_application::ports::{PortError, Signal, Signals};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// The most signals that a listener may be behind.
const BEHIND: usize = 1024;

/// Tells this process alone.
#[derive(Debug)]
pub struct MemorySignals {
    told: broadcast::Sender<Signal>,
}

impl Default for MemorySignals {
    fn default() -> Self {
        Self {
            told: broadcast::Sender::new(BEHIND),
        }
    }
}

#[async_trait]
impl Signals for MemorySignals {
    fn publish(&self, signals: &[Signal]) {
        for signal in signals {
            // It may be that nobody listens.
            let _ = self.told.send(*signal);
        }
    }

    fn subscribe(&self) -> BoxStream<'static, Signal> {
        let told = BroadcastStream::new(self.told.subscribe());
        // Those that were missed are found by looking.
        told.filter_map(|signal| ready(signal.ok())).boxed()
    }

    async fn probe(&self) -> Result<(), PortError> {
        Ok(())
    }
}
