//! A proxy that adds transactions to a server without them, as a replica set.
//!
//! It runs one transaction at a time and buffers its writes until the commit,
//! which it applies while no one reads. Clients see transactions without
//! conflicts.

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

/// The command fields that only replica sets accept.
const TRANSACTION_FIELDS: &[&str] = &[
    "lsid",
    "txnNumber",
    "autocommit",
    "startTransaction",
    "readConcern",
    "writeConcern",
];

/// A proxy before a server.
pub struct ReplicaSet {
    inner: Arc<Inner>,
}

struct Inner {
    address: String,
    server: String,
    turn: Arc<Turn<()>>,
    stored: RwLock<()>,
    /// The open transactions by session.
    open: Mutex<HashMap<String, Transaction>>,
}

struct Transaction {
    _turn: OwnedMutexGuard<()>,
    writes: Vec<Document>,
}

impl ReplicaSet {
    /// Starts a proxy before the server of a URL.
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

    /// Returns the URL of the same database through the proxy.
    pub fn url(&self, url: &str) -> String {
        let url = url.replacen(&self.inner.server, &self.inner.address, 1);
        let mark = if url.contains('?') { '&' } else { '?' };
        // The server does not deduplicate retried writes.
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
            let reply = if matches!(name, "hello" | "isMaster" | "ismaster") {
                request.reply(&hello(&self.address))
            } else if command.contains_key("autocommit") {
                self.transact(&mut server, &request, &command, name).await?
            } else {
                let _stored = self.stored.read().await;
                send(&mut server, &request).await?
            };
            client.write_all(reply.bytes()).await?;
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
            let transaction = Transaction {
                _turn: Arc::clone(&self.turn).lock_owned().await,
                writes: Vec::new(),
            };
            self.open().insert(session.clone(), transaction);
        }
        let done = doc! { "ok": 1, "n": 1 };
        match name {
            "abortTransaction" => drop(self.open().remove(&session)),
            "commitTransaction" => {
                let ended = self.open().remove(&session);
                let _stored = self.stored.write().await;
                for write in ended.iter().flat_map(|ended| &ended.writes) {
                    let reply = send(server, &Message::request(write)).await?;
                    let result = reply.document().unwrap_or_default();
                    let is_success =
                        result.get("writeErrors").is_none() && !result.contains_key("code");
                    assert!(is_success, "a committed write failed: {result}");
                }
            }
            "insert" | "update" | "delete" => {
                if let Some(transaction) = self.open().get_mut(&session) {
                    transaction.writes.push(plain(command));
                }
            }
            _ => {
                let reply = send(server, &Message::request(&plain(command))).await?;
                return Ok(request.reply(&reply.document().unwrap_or_default()));
            }
        }
        Ok(request.reply(&done))
    }
}

/// Removes the fields that only replica sets accept.
fn plain(command: &Document) -> Document {
    let mut command = command.clone();
    for key in TRANSACTION_FIELDS {
        command.remove(key);
    }
    command
}

async fn send(server: &mut TcpStream, request: &Message) -> std::io::Result<Message> {
    server.write_all(request.bytes()).await?;
    Message::read(server).await
}

async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    while let Ok((client, _)) = listener.accept().await {
        let inner = Arc::clone(&inner);
        tokio::spawn(async move { inner.serve(client).await });
    }
}
