//! A front of a server that cuts the line at a word.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{Message, address_of};

/// What becomes of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes through, and so does its answer.
    Pass,
    /// It does not reach the server any more.
    CutBefore,
    /// The server does it, and nobody learns of it.
    CutAfter,
}

impl Verdict {
    /// This one where a condition holds; else the command passes.
    pub fn when(self, holds: bool) -> Self {
        if holds { self } else { Self::Pass }
    }
}

/// What the front is asked of each command.
type Rule = Box<dyn FnMut(&Message) -> Verdict + Send>;

/// Stands before a server. Once the line is cut, nothing goes through until it
/// is mended.
pub struct Front {
    port: u16,
    line: Arc<Line>,
}

struct Line {
    server: String,
    rule: Mutex<Rule>,
    is_cut: watch::Sender<bool>,
}

impl Front {
    /// Before the server of a URL, letting everything through.
    pub async fn before(url: &str) -> Self {
        let server = address_of(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let line = Arc::new(Line {
            server,
            rule: Mutex::new(Box::new(|_| Verdict::Pass)),
            is_cut: watch::Sender::new(false),
        });
        tokio::spawn(accept(listener, Arc::clone(&line)));
        Self { port, line }
    }

    /// The URL of the same database through the front.
    pub fn url(&self, behind: &str) -> String {
        behind.replacen(&self.line.server, &format!("127.0.0.1:{}", self.port), 1)
    }

    /// From now on this decides.
    pub fn rule(&self, rule: impl FnMut(&Message) -> Verdict + Send + 'static) {
        *self.line.rule() = Box::new(rule);
    }

    /// Lets nothing through any more.
    pub fn cut(&self) {
        self.line.is_cut.send_replace(true);
    }

    /// Lets everything through again.
    pub fn mend(&self) {
        self.rule(|_| Verdict::Pass);
        self.line.is_cut.send_replace(false);
    }
}

impl Line {
    fn rule(&self) -> MutexGuard<'_, Rule> {
        self.rule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn relay(&self, mut client: TcpStream) -> std::io::Result<()> {
        let mut server = TcpStream::connect(&self.server).await?;
        loop {
            let request = Message::read(&mut client).await?;
            if *self.is_cut.borrow() {
                return Ok(());
            }
            let verdict = (self.rule())(&request);
            if verdict == Verdict::CutBefore {
                self.is_cut.send_replace(true);
                return Ok(());
            }
            server.write_all(request.bytes()).await?;
            if !request.wants_answer() {
                continue;
            }
            let answer = Message::read(&mut server).await?;
            if verdict == Verdict::CutAfter {
                self.is_cut.send_replace(true);
                return Ok(());
            }
            client.write_all(answer.bytes()).await?;
        }
    }
}

async fn accept(listener: TcpListener, line: Arc<Line>) {
    while let Ok((client, _)) = listener.accept().await {
        let line = Arc::clone(&line);
        tokio::spawn(async move {
            let mut is_cut = line.is_cut.subscribe();
            if *is_cut.borrow() {
                return;
            }
            tokio::select! {
                _ = line.relay(client) => {}
                _ = is_cut.wait_for(|is_cut| *is_cut) => {}
            }
        });
    }
}
