//! The conformance suite of signals between processes.

#![expect(clippy::expect_used, reason = "a failed case panics")]

mod delivery;

use std::{any::Any, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::BoxStream};
use tenantry_application::ports::{EpochSubject, Signal, Signals};
use tenantry_domain::id::UserId;
use tokio::time::timeout;
use uuid::Uuid;

use super::suite::suite;

/// The maximum time to wait for a signal.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Two processes of one installation (or one process twice), and a process of
/// another installation on the same transport. All of them are connected.
pub struct SignalWorld {
    one: Arc<dyn Signals>,
    other: Arc<dyn Signals>,
    stranger: Arc<dyn Signals>,
    _guard: Box<dyn Any + Send + Sync>,
}

impl SignalWorld {
    /// Creates a world of connected processes, and keeps `guard` as long.
    pub fn new(
        one: Arc<dyn Signals>,
        other: Arc<dyn Signals>,
        stranger: Arc<dyn Signals>,
        guard: impl Any + Send + Sync,
    ) -> Self {
        Self {
            one,
            other,
            stranger,
            _guard: Box::new(guard),
        }
    }
}

/// Waits until `to` receives the signals of `from`.
pub async fn until_received(from: &dyn Signals, to: &dyn Signals) {
    let mut received = to.subscribe();
    let mut sent = 0;
    while timeout(Duration::from_millis(50), received.next())
        .await
        .is_err()
    {
        assert!(sent < 400, "no signal is received");
        from.publish(&[Signal::JobsAdded]);
        sent += 1;
    }
}

fn user(number: u128) -> Signal {
    let id = UserId::from_uuid(Uuid::from_u128(number));
    Signal::EpochRaised(EpochSubject::User(id))
}

/// Returns the signals received up to and including `last`.
async fn up_to(received: &mut BoxStream<'static, Signal>, last: Signal) -> Vec<Signal> {
    let mut signals = Vec::new();
    while signals.last() != Some(&last) {
        let signal = timeout(TIMEOUT, received.next()).await;
        signals.push(signal.expect("a signal in time").expect("an open stream"));
    }
    signals
}

suite! {
    $ signals_suite: signals::SignalWorld {
        delivery:
            other_processes_receive_every_kind
            the_sender_receives_its_signals_once
            installations_are_isolated
            every_subscriber_receives_a_signal
            a_flood_blocks_no_sender
            a_probe_succeeds;
    }
}
