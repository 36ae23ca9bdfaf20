//! A proxy before a server that breaks the connection at a command.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{Message, address_of};

/// The handling of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Forwards the command and its reply.
    Pass,
    /// Breaks the connection before the command reaches the server.
    CutBefore,
    /// Breaks the connection before the reply reaches the client.
    CutAfter,
}

impl Verdict {
    /// Returns this verdict if `holds`, and `Pass` otherwise.
    pub fn when(self, holds: bool) -> Self {
        if holds { self } else { Self::Pass }
    }
}

/// A function that returns the verdict for a command.
type Rule = Box<dyn FnMut(&Message) -> Verdict + Send>;

/// A proxy before a server. After a break it accepts no connections until it is
/// restored.
pub struct Front {
    port: u16,
    state: Arc<ProxyState>,
}

struct ProxyState {
    server: String,
    rule: Mutex<Rule>,
    is_broken: watch::Sender<bool>,
}

impl Front {
    /// Starts a proxy before the server of a URL that forwards everything.
    pub async fn before(url: &str) -> Self {
        let server = address_of(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let state = Arc::new(ProxyState {
            server,
            rule: Mutex::new(Box::new(|_| Verdict::Pass)),
            is_broken: watch::Sender::new(false),
        });
        tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { port, state }
    }

    /// Returns the URL of the same database through the proxy.
    pub fn url(&self, url: &str) -> String {
        url.replacen(&self.state.server, &format!("127.0.0.1:{}", self.port), 1)
    }

    /// Sets the rule.
    pub fn rule(&self, rule: impl FnMut(&Message) -> Verdict + Send + 'static) {
        *self.state.rule() = Box::new(rule);
    }

    /// Breaks all connections.
    pub fn cut(&self) {
        self.state.is_broken.send_replace(true);
    }

    /// Accepts connections again.
    pub fn restore(&self) {
        self.rule(|_| Verdict::Pass);
        self.state.is_broken.send_replace(false);
    }
}

impl ProxyState {
    fn rule(&self) -> MutexGuard<'_, Rule> {
        self.rule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn relay(&self, mut client: TcpStream) -> std::io::Result<()> {
        let mut server = TcpStream::connect(&self.server).await?;
        loop {
            let request = Message::read(&mut client).await?;
            if *self.is_broken.borrow() {
                return Ok(());
            }
            let verdict = (self.rule())(&request);
            if verdict == Verdict::CutBefore {
                self.is_broken.send_replace(true);
                return Ok(());
            }
            server.write_all(request.bytes()).await?;
            if !request.wants_reply() {
                continue;
            }
            let reply = Message::read(&mut server).await?;
            if verdict == Verdict::CutAfter {
                self.is_broken.send_replace(true);
                return Ok(());
            }
            client.write_all(reply.bytes()).await?;
        }
    }
}

async fn accept(listener: TcpListener, state: Arc<ProxyState>) {
    while let Ok((client, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let mut is_broken = state.is_broken.subscribe();
            if *is_broken.borrow() {
                return;
            }
            tokio::select! {
                _ = state.relay(client) => {}
                _ = is_broken.wait_for(|is_broken| *is_broken) => {}
            }
        });
    }
}
