//! A simulated replica set with scripted replies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mongodb::bson::{DateTime, Document, doc};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

use super::Message;

/// A function that returns a reply instead of the usual one.
type Script = Box<dyn FnMut(&Document) -> Option<Document> + Send>;

/// A server without documents that accepts every write and records its commands.
pub struct Peer {
    address: String,
    inner: Arc<Inner>,
}

struct Inner {
    address: String,
    script: Mutex<Script>,
    commands: Mutex<Vec<Document>>,
}

impl Peer {
    /// Starts a server with the usual replies.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address").to_string();
        let inner = Arc::new(Inner {
            address: address.clone(),
            script: Mutex::new(Box::new(|_| None)),
            commands: Mutex::default(),
        });
        tokio::spawn(accept(listener, Arc::clone(&inner)));
        Self { address, inner }
    }

    /// Returns the URL of a database.
    pub fn url(&self) -> String {
        format!("mongodb://{}/tenantry", self.address)
    }

    /// Sets the script and clears the recorded commands.
    pub fn script(&self, script: impl FnMut(&Document) -> Option<Document> + Send + 'static) {
        *locked(&self.inner.script) = Box::new(script);
        locked(&self.inner.commands).clear();
    }

    /// Returns the recorded commands, in order.
    pub fn commands(&self) -> Vec<Document> {
        locked(&self.inner.commands).clone()
    }
}

impl Inner {
    fn reply(&self, command: &Document) -> Document {
        let name = command.keys().next().map(String::as_str);
        if matches!(name, Some("hello" | "isMaster" | "ismaster")) {
            return hello(&self.address);
        }
        locked(&self.commands).push(command.clone());
        if let Some(reply) = (locked(&self.script))(command) {
            return reply;
        }
        match name {
            Some("find" | "listCollections") => doc! {
                "ok": 1,
                "cursor": { "id": 0_i64, "ns": "tenantry.any", "firstBatch": [] },
            },
            _ => doc! { "ok": 1, "n": 1, "nModified": 1 },
        }
    }

    async fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        loop {
            let request = Message::read(&mut client).await?;
            let command = request.document().unwrap_or_default();
            let reply = request.reply(&self.reply(&command));
            client.write_all(reply.bytes()).await?;
        }
    }
}

async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    while let Ok((client, _)) = listener.accept().await {
        let inner = Arc::clone(&inner);
        tokio::spawn(async move { inner.serve(client).await });
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the `hello` reply of the primary of a replica set.
pub(super) fn hello(address: &str) -> Document {
    doc! {
        "ok": 1,
        "isWritablePrimary": true,
        "ismaster": true,
        "helloOk": true,
        "setName": "tests",
        "setVersion": 1,
        "hosts": [address],
        "me": address,
        "primary": address,
        "maxBsonObjectSize": 16_777_216,
        "maxMessageSizeBytes": 48_000_000,
        "maxWriteBatchSize": 100_000,
        "localTime": DateTime::from_millis(0),
        "logicalSessionTimeoutMinutes": 30,
        "minWireVersion": 0,
        "maxWireVersion": 21,
    }
}
