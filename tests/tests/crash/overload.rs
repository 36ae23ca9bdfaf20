//! Clients that try to exhaust the service, over both protocols.
//!
//! During each attack, health checks get a response within a second, a user of
//! another tenant sees no error, and the service's memory stays bounded. Fairness
//! is in [`fairness`](crate::fairness).

use std::{any::Any, net::IpAddr, time::Duration};

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use reqwest::{Client, StatusCode};
use serde_json::json;
use tenantry_tests::harness::{Actor, PASSWORD, Providers, Settings};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::large::{MIB, World};

/// The memory that an attack may add.
const GROWTH: u64 = 64 * MIB;
/// The maximum time until a health check gets a response.
const HEALTH: Duration = Duration::from_secs(1);
/// The number of requests of the bystander during an attack.
const REQUESTS: usize = 40;

pub(crate) const ATTACKER: [u8; 4] = [127, 0, 0, 1];
pub(crate) const BYSTANDER: [u8; 4] = [127, 0, 0, 2];
const PROBES: [[u8; 4]; 2] = [ATTACKER, [127, 0, 0, 3]];

const SETTINGS: Settings<'static> = &[("TENANTRY_HTTP__MAX_CONNECTIONS", "1000")];

/// A protocol of the service.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

/// The connections and tasks of an attack, which ends when they are dropped.
type Attack = Vec<Box<dyn Any + Send>>;

/// Declares the attacks: each is a function, tested over both protocols.
macro_rules! attacks {
    ($($attack:ident)+) => {
        attacks!(@ http1 Http1 $($attack)+);
        attacks!(@ http2 Http2 $($attack)+);
    };
    (@ $module:ident $protocol:ident $($attack:ident)+) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $attack() {
                    super::withstand(
                        stringify!($attack),
                        async |target| super::$attack(target, super::Protocol::$protocol).await,
                    )
                    .await;
                }
            )+
        }
    };
}

attacks! {
    unread_responses
    unfinished_bodies
    idle_connections
}

/// The service under attack.
struct Target<'w> {
    world: &'w World,
}

impl Target<'_> {
    fn address(&self) -> &str {
        self.world.process.base().trim_start_matches("http://")
    }

    async fn connect(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        let address = self.address().parse().expect("an address");
        socket.connect(address).await.expect("a connection")
    }

    /// Opens an HTTP/2 connection that answers pings. Responses stall after
    /// `window` bytes.
    async fn connect_http2(&self, window: u32) -> SendRequest<Bytes> {
        let stream = self.connect().await;
        let (requests, connection) = h2::client::Builder::new()
            .initial_window_size(window)
            .handshake::<_, Bytes>(stream)
            .await
            .expect("a handshake");
        // Fails when the service closes the connection.
        tokio::spawn(async move { drop(connection.await) });
        requests
    }

    fn uri(&self, path: &str) -> String {
        format!("{}{path}", self.world.process.base())
    }
}

/// Creates a client with a source address.
pub(crate) fn client(protocol: Protocol, address: [u8; 4]) -> Client {
    let client = Client::builder().local_address(IpAddr::from(address));
    let client = match protocol {
        Protocol::Http1 => client.http1_only(),
        Protocol::Http2 => client.http2_prior_knowledge(),
    };
    client.build().expect("a client")
}

async fn withstand(name: &str, attack: impl AsyncFnOnce(&Target<'_>) -> Attack) {
    let world = World::with(Providers::of_this_run(), SETTINGS).await;
    let base = world.process.base();
    let bystander = world.owner.with_client(client(Protocol::Http1, BYSTANDER));
    let target = Target { world: &world };
    let work = async {
        let attack = attack(&target).await;
        tokio::join!(use_service(&bystander), check_health(base));
        drop(attack);
    };
    world.within(GROWTH, name, work).await;
}

/// Reads, writes and signs in without an error.
async fn use_service(bystander: &Actor) {
    for number in 0..REQUESTS {
        bystander.get("/api/v1/files").await.expect(200);
        let path = format!("{number}.txt");
        bystander
            .upload(&path, "text/plain", "hello")
            .await
            .expect(201);
    }
    let credentials = json!({ "identifier": bystander.email, "password": PASSWORD });
    let login = bystander.post("/api/v1/auth/login", &credentials).await;
    login.expect(200);
}

async fn check_health(base: &str) {
    for address in PROBES {
        let probe = client(Protocol::Http1, address);
        for _ in 0..REQUESTS {
            let check = probe.get(format!("{base}/health/live")).send();
            let response = timeout(HEALTH, check).await.expect("a response in time");
            assert_eq!(response.expect("a response").status(), StatusCode::OK);
        }
    }
}

async fn unread_responses(target: &Target<'_>, protocol: Protocol) -> Attack {
    let mut attack: Attack = Vec::new();
    match protocol {
        Protocol::Http1 => {
            let request = "GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\n";
            for _ in 0..200 {
                let mut stream = target.connect().await;
                stream
                    .write_all(request.repeat(100).as_bytes())
                    .await
                    .expect("sent");
                attack.push(Box::new(stream));
            }
        }
        Protocol::Http2 => {
            for _ in 0..30 {
                let requests = target.connect_http2(0).await;
                let mut requests = requests.ready().await.expect("ready");
                for _ in 0..120 {
                    let request = Request::get(target.uri("/openapi.json"));
                    let request = request.body(()).expect("a request");
                    // The service limits the streams of a connection.
                    let Ok((response, _)) = requests.send_request(request, true) else {
                        break;
                    };
                    attack.push(Box::new(response));
                }
                attack.push(Box::new(requests));
            }
        }
    }
    attack
}

async fn unfinished_bodies(target: &Target<'_>, protocol: Protocol) -> Attack {
    const LENGTH: usize = 200 * 1024;
    let mut attack: Attack = Vec::new();
    let body = Bytes::from(vec![b' '; LENGTH - 1]);
    match protocol {
        Protocol::Http1 => {
            for _ in 0..400 {
                let mut stream = target.connect().await;
                let head = format!(
                    "POST /api/v1/auth/login HTTP/1.1\r\nHost: test\r\n\
                     Content-Type: application/json\r\nContent-Length: {LENGTH}\r\n\r\n"
                );
                // The service may refuse the body before its end.
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&body).await;
                attack.push(Box::new(stream));
            }
        }
        Protocol::Http2 => {
            for _ in 0..8 {
                let requests = target.connect_http2(1024 * 1024).await;
                let mut requests = requests.ready().await.expect("ready");
                for _ in 0..100 {
                    let request = Request::post(target.uri("/api/v1/auth/login"))
                        .header("content-type", "application/json")
                        .body(())
                        .expect("a request");
                    let Ok((response, mut sender)) = requests.send_request(request, false) else {
                        break;
                    };
                    // The service may refuse the body before its end.
                    let _ = sender.send_data(body.clone(), false);
                    attack.push(Box::new((response, sender)));
                }
                attack.push(Box::new(requests));
            }
        }
    }
    attack
}

async fn idle_connections(target: &Target<'_>, protocol: Protocol) -> Attack {
    let mut attack: Attack = Vec::new();
    for _ in 0..1500 {
        match protocol {
            Protocol::Http1 => {
                let mut stream = target.connect().await;
                stream.write_all(b"GET / HT").await.expect("sent");
                attack.push(Box::new(stream));
            }
            Protocol::Http2 => attack.push(Box::new(target.connect_http2(0).await)),
        }
    }
    attack
}
