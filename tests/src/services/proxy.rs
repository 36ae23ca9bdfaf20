//! A proxy before a server that fails on demand.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, ToSocketAddrs, lookup_host},
    sync::watch,
    task::JoinSet,
    time::sleep,
};

/// The failures of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No failure.
    None,
    /// Connections are refused and open ones are closed.
    Down,
    /// Data from the server is delayed.
    Slow(Duration),
    /// Connections stay open without passing data.
    Hang,
    /// Like [`Hang`](Self::Hang), and connections opened before never recover.
    Lost,
    /// Each connection is closed after this number of bytes from the client.
    CutAfter(u64),
}

/// A proxy that runs until it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
    tries: watch::Receiver<u32>,
    _running: JoinSet<()>,
}

impl FaultProxy {
    /// Starts a proxy of a server.
    pub async fn to(server: impl ToSocketAddrs) -> Self {
        let server = lookup_host(server).await.expect("a known host").next();
        let server = server.expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let fault = watch::Sender::new(Fault::None);
        let mut running = JoinSet::new();
        let (count, tries) = watch::channel(0);
        running.spawn(serve(listener, server, fault.subscribe(), count));
        Self {
            address,
            fault,
            tries,
            _running: running,
        }
    }

    /// Starts a proxy of the server of a URL, and returns the URL of the proxy.
    pub async fn before(url: &str) -> (Self, String) {
        let begin = url.find("://").map_or(0, |at| at + 3);
        let end = url[begin..]
            .find(['/', '?'])
            .map_or(url.len(), |at| begin + at);
        let begin = url[begin..end]
            .rfind('@')
            .map_or(begin, |at| begin + at + 1);
        let proxy = Self::to(&url[begin..end]).await;
        let through = format!("{}{}{}", &url[..begin], proxy.address, &url[end..]);
        (proxy, through)
    }

    /// Returns its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the first connection.
    pub async fn tried(&self) {
        let mut tries = self.tries.clone();
        tries.wait_for(|tries| *tries > 0).await.expect("a proxy");
    }

    /// Sets the failure.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }
}

async fn serve(
    listener: TcpListener,
    server: SocketAddr,
    mut fault: watch::Receiver<Fault>,
    count: watch::Sender<u32>,
) {
    let address = listener.local_addr().expect("its address");
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        let now = *fault.borrow_and_update();
        if now == Fault::Down {
            listener = None;
            connections.shutdown().await;
        }
        if now != Fault::Down && listener.is_none() {
            listener = Some(TcpListener::bind(address).await.expect("its port again"));
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = fault.changed() => if changed.is_err() { return },
            accepted = accepted => if let Ok((client, _)) = accepted {
                count.send_modify(|tries| *tries += 1);
                connections.spawn(carry(client, server, fault.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn carry(client: TcpStream, server: SocketAddr, mut fault: watch::Receiver<Fault>) {
    let is_open = |fault: &Fault| !matches!(fault, Fault::Hang | Fault::Lost);
    if fault.wait_for(is_open).await.is_err() {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // The end of either direction closes the connection.
    tokio::select! {
        () = copy(from_client, to_server, fault.clone(), Side::Client) => {}
        () = copy(from_server, to_client, fault, Side::Server) => {}
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

async fn copy(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut fault: watch::Receiver<Fault>,
    side: Side,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut carried = 0;
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        let mut allowed = read;
        let now = *fault.borrow();
        match now {
            Fault::Slow(late) if side == Side::Server => sleep(late).await,
            Fault::Hang if fault.wait_for(|fault| *fault != Fault::Hang).await.is_err() => return,
            Fault::Lost => std::future::pending().await,
            Fault::CutAfter(bytes) if side == Side::Client => {
                let left = usize::try_from(bytes.saturating_sub(carried)).unwrap_or(usize::MAX);
                allowed = read.min(left);
            }
            _ => {}
        }
        if to.write_all(&buffer[..allowed]).await.is_err() || allowed < read {
            return;
        }
        carried += allowed as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts a server that echoes its input.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(async move {
            while let Ok((mut peer, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = peer.split();
                    drop(tokio::io::copy(&mut read, &mut write).await);
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn it_fails_on_demand_and_comes_back() {
        let proxy = FaultProxy::to(echo().await).await;
        let connect = || TcpStream::connect(proxy.address());
        let mut peer = connect().await.expect("connected");
        let mut buffer = [0; 3];
        peer.write_all(b"one").await.expect("sent");
        peer.read_exact(&mut buffer).await.expect("one");

        proxy.set(Fault::Hang);
        peer.write_all(b"two").await.expect("sent");
        let mute = tokio::time::timeout(Duration::from_millis(50), peer.read_exact(&mut buffer));
        assert!(mute.await.is_err());
        proxy.set(Fault::None);
        peer.read_exact(&mut buffer).await.expect("two");

        proxy.set(Fault::Down);
        assert_eq!(peer.read(&mut buffer).await.unwrap_or(0), 0);
        assert!(connect().await.is_err());

        proxy.set(Fault::CutAfter(4));
        let mut peer = crate::wait::until("it listens again", async || connect().await.ok()).await;
        peer.write_all(b"threefour").await.expect("sent");
        let mut received = Vec::new();
        drop(peer.read_to_end(&mut received).await);
        assert!(received.len() <= 4, "{received:?}");
    }
}
