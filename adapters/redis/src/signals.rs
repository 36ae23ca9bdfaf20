//! Hints between processes, published on one channel.

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
    server::{DIAL, Link, RedisServer, late},
};

/// The channel's name behind the namespace.
const CHANNEL: &str = "signals";

/// The most signals that wait to be sent; the poll of the store brings more.
const WAITING: usize = 1000;

/// The most signals that a listener may be behind.
const BEHIND: usize = 1024;

/// How often the connection that listens is tried: a peer that is gone without
/// a word would be waited for for ever.
const LOOK: Duration = Duration::from_secs(1);

/// Tells and hears over a server. One task publishes on the shared connection,
/// one listens on a connection of its own and looks for the server when that
/// breaks. Both end when this is dropped.
pub struct RedisSignals {
    server: Arc<RedisServer>,
    outbox: Arc<Outbox>,
    heard: broadcast::Sender<Signal>,
    _tasks: [AbortOnDropHandle<()>; 2],
}

/// What waits to be sent. Equal signals are one.
#[derive(Default)]
struct Outbox {
    signals: Mutex<BTreeSet<Signal>>,
    filled: Notify,
}

impl RedisSignals {
    /// Begins to listen.
    pub fn new(server: Arc<RedisServer>, ids: &dyn IdGenerator) -> Self {
        let own = ids.next();
        let outbox = Arc::<Outbox>::default();
        let heard = broadcast::Sender::new(BEHIND);
        let publish = publish(Arc::clone(server.link()), Arc::clone(&outbox), own);
        let listen = listen(Arc::clone(server.link()), heard.clone(), own);
        let tasks = [tokio::spawn(publish), tokio::spawn(listen)];
        Self {
            server,
            outbox,
            heard,
            _tasks: tasks.map(AbortOnDropHandle::new),
        }
    }
}

#[async_trait]
impl Signals for RedisSignals {
    fn publish(&self, signals: &[Signal]) {
        for signal in signals {
            // It may be that nobody listens.
            let _ = self.heard.send(*signal);
        }
        self.outbox.put(signals);
    }

    fn subscribe(&self) -> BoxStream<'static, Signal> {
        let heard = BroadcastStream::new(self.heard.subscribe());
        // Those that were missed are found by looking.
        heard.filter_map(|signal| ready(signal.ok())).boxed()
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.server.probe().await
    }
}

impl Outbox {
    fn put(&self, signals: &[Signal]) {
        let mut waiting = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        let room = WAITING.saturating_sub(waiting.len());
        waiting.extend(signals.iter().take(room));
        drop(waiting);
        self.filled.notify_one();
    }

    async fn take(&self) -> BTreeSet<Signal> {
        self.filled.notified().await;
        std::mem::take(&mut *self.signals.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn publish(link: Arc<Link>, outbox: Arc<Outbox>, own: Uuid) {
    let channel = link.name(CHANNEL);
    loop {
        let signals = outbox.take().await;
        if signals.is_empty() {
            continue;
        }
        let mut publish = cmd("PUBLISH");
        publish.arg(&channel).arg(message::write(own, signals));
        if let Err(error) = link.ask::<()>("publish signals", &publish).await {
            tracing::debug!(%error, "signals were lost");
        }
    }
}

async fn listen(link: Arc<Link>, heard: broadcast::Sender<Signal>, own: Uuid) {
    let mut pause = link.pause();
    let mut is_told = false;
    loop {
        link.here().await;
        let begun = || {
            pause.reset();
            is_told = false;
        };
        // Of a row of failures the first is logged.
        if let Err(error) = hear(&link, &heard, own, begun).await {
            if is_told {
                tracing::debug!(%error, "signals are still not heard");
            } else {
                tracing::warn!(%error, "signals of other processes are not heard");
            }
            is_told = true;
        }
        pause.take().await;
    }
}

/// Listens until the connection breaks or the server is away.
async fn hear(
    link: &Link,
    heard: &broadcast::Sender<Signal>,
    own: Uuid,
    begun: impl FnOnce(),
) -> Result<(), RedisError> {
    let (mut sink, mut messages) = link.listen(CHANNEL).await?.split();
    begun();
    loop {
        tokio::select! {
            message = messages.next() => {
                let Some(message) = message else { return Ok(()) };
                // One that is no text is no signal.
                let text = std::str::from_utf8(message.get_payload_bytes()).unwrap_or_default();
                for signal in message::read(own, text) {
                    // It may be that nobody listens.
                    let _ = heard.send(signal);
                }
            }
            () = sleep(LOOK) => {
                let ping = timeout(DIAL, sink.ping::<()>()).await;
                ping.unwrap_or_else(|_| Err(late()))?;
            }
            () = link.away() => return Ok(()),
        }
    }
}
