//! Signals within one process.

use std::future::ready;

use async_trait::async_trait;
use futures_util::stream::{BoxStream, StreamExt};
use tenantry_application::ports::{PortError, Signal, Signals};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// The number of signals kept for a slow subscriber.
const CAPACITY: usize = 1024;

/// Publishes signals to the subscribers of this process.
#[derive(Debug)]
pub struct MemorySignals {
    sender: broadcast::Sender<Signal>,
}

impl Default for MemorySignals {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(CAPACITY),
        }
    }
}

#[async_trait]
impl Signals for MemorySignals {
    fn publish(&self, signals: &[Signal]) {
        for signal in signals {
            // Without subscribers it fails.
            let _ = self.sender.send(*signal);
        }
    }

    fn subscribe(&self) -> BoxStream<'static, Signal> {
        let signals = BroadcastStream::new(self.sender.subscribe());
        // Subscribers poll for the effects of missed signals.
        signals.filter_map(|signal| ready(signal.ok())).boxed()
    }

    async fn probe(&self) -> Result<(), PortError> {
        Ok(())
    }
}
