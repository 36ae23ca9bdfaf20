//! Hints between processes.

#![expect(clippy::expect_used, reason = "a failed case panics")]

mod telling;

use std::{any::Any, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::BoxStream};
use tenantry_application::ports::{EpochSubject, Signal, Signals};
use tenantry_domain::id::UserId;
use tokio::time::timeout;
use uuid::Uuid;

use super::suite::suite;

/// How long a case waits for a signal before it fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// Two processes of one installation (or one, twice), and another of a second
/// that shares whatever carries the signals. All of them hear already.
pub struct SignalWorld {
    one: Arc<dyn Signals>,
    other: Arc<dyn Signals>,
    stranger: Arc<dyn Signals>,
    _kept: Box<dyn Any + Send + Sync>,
}

impl SignalWorld {
    /// The processes, and what must live as long as they.
    pub fn new(
        one: Arc<dyn Signals>,
        other: Arc<dyn Signals>,
        stranger: Arc<dyn Signals>,
        kept: impl Any + Send + Sync,
    ) -> Self {
        Self {
            one,
            other,
            stranger,
            _kept: Box::new(kept),
        }
    }
}

/// Waits until what `from` tells is heard by `to`.
pub async fn until_heard(from: &dyn Signals, to: &dyn Signals) {
    let mut heard = to.subscribe();
    let mut told = 0;
    while timeout(Duration::from_millis(50), heard.next())
        .await
        .is_err()
    {
        assert!(told < 400, "nothing is heard");
        from.publish(&[Signal::JobsAdded]);
        told += 1;
    }
}

fn user(number: u128) -> Signal {
    let id = UserId::from_uuid(Uuid::from_u128(number));
    Signal::EpochRaised(EpochSubject::User(id))
}

/// What is heard up to a last signal.
async fn up_to(heard: &mut BoxStream<'static, Signal>, last: Signal) -> Vec<Signal> {
    let mut signals = Vec::new();
    while signals.last() != Some(&last) {
        let signal = timeout(PATIENCE, heard.next()).await;
        signals.push(signal.expect("a signal in time").expect("no end"));
    }
    signals
}

suite! {
    $ signals_suite: signals::SignalWorld {
        telling:
            the_others_hear_every_kind
            who_tells_hears_it_too
            installations_do_not_hear_each_other
            every_listener_hears
            a_flood_blocks_nobody
            who_is_there_gives_a_sign_of_life;
    }
}
