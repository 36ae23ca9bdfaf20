//! A slow way to a server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Leads to a server; what that answers takes as long as is said.
pub struct SlowWay {
    port: u16,
    millis: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl SlowWay {
    /// A way to a port of this machine, as quick as can be.
    pub async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let millis = Arc::<AtomicU64>::default();
        let delay = Arc::clone(&millis);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(lead(client, server, Arc::clone(&delay)));
            }
        });
        Self {
            port,
            millis,
            _tasks: tasks,
        }
    }

    /// Where it begins.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How long every answer takes from now on.
    pub fn take(&self, delay: Duration) {
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Ordering::Relaxed);
    }
}

/// Until either end is closed.
async fn lead(mut client: TcpStream, server: u16, millis: Arc<AtomicU64>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await else {
        return;
    };
    let (mut asks, mut hears) = client.split();
    let (mut answers, mut asked) = server.split();
    let back = async {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = answers.read(&mut piece).await {
            tokio::time::sleep(Duration::from_millis(millis.load(Ordering::Relaxed))).await;
            if hears.write_all(&piece[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = copy(&mut asks, &mut asked) => {}
        () = back => {}
    }
}
