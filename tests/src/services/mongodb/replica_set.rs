//! A front that makes a replica set of one of a server without transactions.
//!
//! It lets one transaction happen at a time, keeps back what it writes until
//! it is committed, and stores that while nobody reads: what a client sees is
//! what transactions promise, conflicts apart.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mongodb::bson::{Document, doc};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{Mutex as Turn, OwnedMutexGuard, RwLock},
};

use super::{Message, address_of, peer::hello};

/// What only replica sets understand.
const OF_TRANSACTIONS: &[&str] = &[
    "lsid",
    "txnNumber",
    "autocommit",
    "startTransaction",
    "readConcern",
    "writeConcern",
];

/// Stands before a server.
pub struct ReplicaSet {
    inner: Arc<Inner>,
}

struct Inner {
    address: String,
    server: String,
    turn: Arc<Turn<()>>,
    stored: RwLock<()>,
    /// By their sessions.
    open: Mutex<HashMap<String, Transaction>>,
}

struct Transaction {
    _turn: OwnedMutexGuard<()>,
    writes: Vec<Document>,
}

impl ReplicaSet {
    /// Before the server of a URL.
    pub async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address").to_string();
        let inner = Arc::new(Inner {
            address,
            server: address_of(url),
            turn: Arc::default(),
            stored: RwLock::default(),
            open: Mutex::default(),
        });
        tokio::spawn(accept(listener, Arc::clone(&inner)));
        Self { inner }
    }

    /// The URL of the same database through the front.
    pub fn url(&self, behind: &str) -> String {
        let url = behind.replacen(&self.inner.server, &self.inner.address, 1);
        let mark = if url.contains('?') { '&' } else { '?' };
        // The server would not know a write that comes twice.
        format!("{url}{mark}retryWrites=false")
    }
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, HashMap<String, Transaction>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        let mut server = TcpStream::connect(&self.server).await?;
        loop {
            let request = Message::read(&mut client).await?;
            let command = request.document().unwrap_or_default();
            let name = command.keys().next().map_or("", String::as_str);
            let answer = if matches!(name, "hello" | "isMaster" | "ismaster") {
                request.answer(&hello(&self.address))
            } else if command.contains_key("autocommit") {
                self.transact(&mut server, &request, &command, name).await?
            } else {
                let _stored = self.stored.read().await;
                ask(&mut server, &request).await?
            };
            client.write_all(answer.bytes()).await?;
        }
    }

    async fn transact(
        &self,
        server: &mut TcpStream,
        request: &Message,
        command: &Document,
        name: &str,
    ) -> std::io::Result<Message> {
        let session = command.get("lsid").map(ToString::to_string);
        let session = session.unwrap_or_default();
        if command.contains_key("startTransaction") {
            let begun = Transaction {
                _turn: Arc::clone(&self.turn).lock_owned().await,
                writes: Vec::new(),
            };
            self.open().insert(session.clone(), begun);
        }
        let done = doc! { "ok": 1, "n": 1 };
        match name {
            "abortTransaction" => drop(self.open().remove(&session)),
            "commitTransaction" => {
                let ended = self.open().remove(&session);
                let _stored = self.stored.write().await;
                for write in ended.iter().flat_map(|ended| &ended.writes) {
                    let answer = ask(server, &Message::request(write)).await?;
                    let said = answer.document().unwrap_or_default();
                    let is_well = said.get("writeErrors").is_none() && !said.contains_key("code");
                    assert!(is_well, "what was decided cannot be stored: {said}");
                }
            }
            "insert" | "update" | "delete" => {
                if let Some(transaction) = self.open().get_mut(&session) {
                    transaction.writes.push(plain(command));
                }
            }
            _ => {
                let answer = ask(server, &Message::request(&plain(command))).await?;
                return Ok(request.answer(&answer.document().unwrap_or_default()));
            }
        }
        Ok(request.answer(&done))
    }
}

/// A command as a server without transactions knows it.
fn plain(command: &Document) -> Document {
    let mut command = command.clone();
    for key in OF_TRANSACTIONS {
        command.remove(key);
    }
    command
}

async fn ask(server: &mut TcpStream, request: &Message) -> std::io::Result<Message> {
    server.write_all(request.bytes()).await?;
    Message::read(server).await
}

async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    while let Ok((client, _)) = listener.accept().await {
        let inner = Arc::clone(&inner);
        tokio::spawn(async move { inner.serve(client).await });
    }
}
