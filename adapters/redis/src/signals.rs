//! Signals between processes, published on one channel.

use std::{
    collections::BTreeSet,
    future::ready,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::stream::{BoxStream, StreamExt};
use redis::{RedisError, cmd};
use tenantry_application::ports::{IdGenerator, PortError, Signal, Signals};
use tokio::{
    sync::{Notify, broadcast},
    time::{sleep, timeout},
};
use tokio_stream::wrappers::BroadcastStream;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use crate::{
    message,
    server::{CONNECT_TIMEOUT, RedisServer, SharedConnection, timeout_error},
};

/// The channel's name without the namespace.
const CHANNEL: &str = "signals";

/// The maximum number of signals waiting to be published. Further ones are
/// dropped: receivers also poll the store.
const MAX_WAITING: usize = 1000;

/// The maximum number of signals a subscriber may lag behind.
const MAX_LAG: usize = 1024;

/// The interval between pings on the subscribed connection, which detect a peer
/// that vanished without closing it.
const PING: Duration = Duration::from_secs(1);

/// Publishes and subscribes through a Redis server. One task publishes on the
/// shared connection, another subscribes on a separate one and reconnects when
/// it breaks. Dropping this ends both.
pub struct RedisSignals {
    server: Arc<RedisServer>,
    outbox: Arc<Outbox>,
    subscribers: broadcast::Sender<Signal>,
    _tasks: [AbortOnDropHandle<()>; 2],
}

/// Signals waiting to be published, without duplicates.
#[derive(Default)]
struct Outbox {
    signals: Mutex<BTreeSet<Signal>>,
    changed: Notify,
}

impl RedisSignals {
    /// Starts both tasks.
    pub fn new(server: Arc<RedisServer>, ids: &dyn IdGenerator) -> Self {
        let own_id = ids.next();
        let connection = server.connection();
        let outbox = Arc::<Outbox>::default();
        let subscribers = broadcast::Sender::new(MAX_LAG);
        let publish = publish(Arc::clone(connection), Arc::clone(&outbox), own_id);
        let subscribe = subscribe(Arc::clone(connection), subscribers.clone(), own_id);
        let tasks = [tokio::spawn(publish), tokio::spawn(subscribe)];
        Self {
            server,
            outbox,
            subscribers,
            _tasks: tasks.map(AbortOnDropHandle::new),
        }
    }
}

#[async_trait]
impl Signals for RedisSignals {
    fn publish(&self, signals: &[Signal]) {
        for signal in signals {
            // Fails without subscribers.
            let _ = self.subscribers.send(*signal);
        }
        self.outbox.put(signals);
    }

    fn subscribe(&self) -> BoxStream<'static, Signal> {
        let signals = BroadcastStream::new(self.subscribers.subscribe());
        // Polling makes up for missed signals.
        signals.filter_map(|signal| ready(signal.ok())).boxed()
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.server.probe().await
    }
}

impl Outbox {
    fn put(&self, signals: &[Signal]) {
        let mut waiting = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_WAITING.saturating_sub(waiting.len());
        waiting.extend(signals.iter().take(room));
        drop(waiting);
        self.changed.notify_one();
    }

    async fn take(&self) -> BTreeSet<Signal> {
        self.changed.notified().await;
        std::mem::take(&mut *self.signals.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Publishes the signals of the outbox; never returns.
async fn publish(connection: Arc<SharedConnection>, outbox: Arc<Outbox>, own_id: Uuid) {
    let channel = connection.name(CHANNEL);
    loop {
        let signals = outbox.take().await;
        if signals.is_empty() {
            continue;
        }
        let mut publish = cmd("PUBLISH");
        publish.arg(&channel).arg(message::encode(own_id, signals));
        if let Err(error) = connection.query::<()>("publish signals", &publish).await {
            tracing::debug!(%error, "cannot publish signals; they are dropped");
        }
    }
}

/// Forwards the signals of other processes, reconnecting on failure; never
/// returns.
async fn subscribe(
    connection: Arc<SharedConnection>,
    subscribers: broadcast::Sender<Signal>,
    own_id: Uuid,
) {
    let mut backoff = connection.backoff();
    let mut is_failing = false;
    loop {
        connection.wait_until_open().await;
        let on_subscribed = || {
            backoff.reset();
            is_failing = false;
        };
        // Of consecutive failures only the first is a warning.
        if let Err(error) = forward(&connection, &subscribers, own_id, on_subscribed).await {
            if is_failing {
                tracing::debug!(%error, "still cannot receive signals of other processes");
            } else {
                tracing::warn!(%error, "cannot receive signals of other processes; will retry");
            }
            is_failing = true;
        }
        backoff.wait().await;
    }
}

/// Forwards signals until the subscription breaks or the shared connection
/// closes.
async fn forward(
    connection: &SharedConnection,
    subscribers: &broadcast::Sender<Signal>,
    own_id: Uuid,
    on_subscribed: impl FnOnce(),
) -> Result<(), RedisError> {
    let (mut sink, mut messages) = connection.subscribe(CHANNEL).await?.split();
    on_subscribed();
    loop {
        tokio::select! {
            message = messages.next() => {
                let Some(message) = message else { return Ok(()) };
                // A message that is not UTF-8 is ignored.
                let text = std::str::from_utf8(message.get_payload_bytes()).unwrap_or_default();
                for signal in message::decode(own_id, text) {
                    // Fails without subscribers.
                    let _ = subscribers.send(signal);
                }
            }
            () = sleep(PING) => {
                let ping = timeout(CONNECT_TIMEOUT, sink.ping::<()>()).await;
                ping.unwrap_or_else(|_| Err(timeout_error()))?;
            }
            () = connection.wait_until_closed() => return Ok(()),
        }
    }
}
