//! A way to a server that can hang and can be cut.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It arrives.
    Open,
    /// Connections are made and kept, and nothing moves.
    Hanging,
    /// Connections end at once.
    Cut,
}

/// A port whose connections lead to another one.
pub struct Gate {
    address: SocketAddr,
    way: watch::Sender<Way>,
    tries: watch::Receiver<u32>,
    task: JoinHandle<()>,
}

impl Gate {
    /// An open way to `host:port`.
    pub async fn to(target: impl Into<String>) -> Self {
        let target = target.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (way, ways) = watch::channel(Way::Open);
        let (count, tries) = watch::channel(0);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.send_modify(|tries| *tries += 1);
                tokio::spawn(lead(client, target.clone(), ways.clone()));
            }
        });
        Self {
            address,
            way,
            tries,
            task,
        }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until somebody has come this way.
    pub async fn tried(&self) {
        let mut tries = self.tries.clone();
        tries.wait_for(|tries| *tries > 0).await.expect("a gate");
    }

    /// Changes the way, also of the connections there are.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn lead(mut client: TcpStream, target: String, mut ways: watch::Receiver<Way>) {
    let Ok(mut server) = TcpStream::connect(target).await else {
        return;
    };
    loop {
        let way = *ways.borrow_and_update();
        match way {
            Way::Cut => return,
            Way::Hanging => {
                if ways.changed().await.is_err() {
                    return;
                }
            }
            Way::Open => tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => return,
                changed = ways.changed() => if changed.is_err() {
                    return;
                },
            },
        }
    }
}
