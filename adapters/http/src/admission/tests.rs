#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{
    io,
    net::Ipv4Addr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Body, Frame};
use tokio::sync::mpsc;
use uuid::Uuid;

use tenantry_domain::{ClientNetwork, id::TenantId};

use super::{gates::OPEN_PER_NETWORK, *};

fn admission(running_requests: usize) -> Arc<Gates> {
    Gates::new(AdmissionOptions {
        running_requests,
        hashing_threads: 2,
    })
}

fn network(number: u8) -> ClientNetwork {
    ClientNetwork::of(Ipv4Addr::new(10, 0, 0, number).into())
}

fn tenant(number: u128) -> TenantId {
    TenantId::from_uuid(Uuid::from_u128(number))
}

/// Polls once.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

async fn admit(admission: &Arc<Gates>, number: u8) -> Ticket {
    Ticket::admit(admission, network(number))
        .await
        .expect("admitted")
}

type Pieces = mpsc::UnboundedSender<io::Result<Frame<Bytes>>>;

/// Returns a body of the pieces that are sent.
fn body(ticket: &Ticket) -> (Pieces, ParkingBody) {
    let (pieces, mut arriving) = mpsc::unbounded_channel();
    let stream = futures_util::stream::poll_fn(move |context| arriving.poll_recv(context));
    (
        pieces,
        ParkingBody::new(StreamBody::new(stream).boxed(), ticket.clone()),
    )
}

fn poll(body: &mut ParkingBody) -> Poll<Option<io::Result<Frame<Bytes>>>> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn requests_that_wait_for_their_client_hold_no_permit() {
    let admission = admission(6);
    let slow = admit(&admission, 1).await;
    let mut running = vec![admit(&admission, 1).await, admit(&admission, 1).await];
    assert!(
        now(Ticket::admit(&admission, network(1))).is_none(),
        "a permit was left"
    );

    let (pieces, mut slow_body) = body(&slow);
    assert!(poll(&mut slow_body).is_pending());
    running.push(admit(&admission, 1).await);

    // It continues when another one ends.
    pieces.send(Ok(Frame::data("a".into()))).expect("open");
    assert!(poll(&mut slow_body).is_pending());
    running.pop().expect("a request").finish();
    assert!(matches!(poll(&mut slow_body), Poll::Ready(Some(Ok(_)))));
    assert!(
        now(Ticket::admit(&admission, network(1))).is_none(),
        "a permit was left"
    );
}

#[tokio::test]
async fn open_requests_of_a_network_are_limited() {
    let admission = admission(6);
    let mut sending = Vec::new();
    for _ in 0..OPEN_PER_NETWORK {
        let ticket = admit(&admission, 1).await;
        sending.push(ticket.finish());
    }
    let rejected = Ticket::admit(&admission, network(1))
        .await
        .expect_err("rejected");
    assert_eq!(rejected.code().name, "busy");
    admit(&admission, 2).await;
    sending.pop();
    admit(&admission, 1).await;
}

#[tokio::test]
async fn an_identified_request_counts_for_its_tenant() {
    let admission = admission(6);
    let mut sending = Vec::new();
    for _ in 0..=OPEN_PER_NETWORK {
        let ticket = admit(&admission, 1).await;
        ticket.identify(tenant(1)).await.expect("identified");
        sending.push(ticket.finish());
    }
    // Three requests of a tenant run at a time, from any network.
    let mut running = Vec::new();
    for number in 1..4 {
        let ticket = admit(&admission, number).await;
        ticket.identify(tenant(1)).await.expect("identified");
        running.push(ticket);
    }
    let fourth = admit(&admission, 4).await;
    assert!(
        now(fourth.identify(tenant(1))).is_none(),
        "a permit was left"
    );
    let other = admit(&admission, 4).await;
    other.identify(tenant(2)).await.expect("identified");
}

#[tokio::test]
async fn requests_that_hash_passwords_leave_permits_to_others() {
    let admission = admission(6);
    let mut hashing = Vec::new();
    for _ in 0..2 {
        let ticket = admit(&admission, 1).await;
        ticket.hash_password().await.expect("a permit");
        hashing.push(ticket);
    }
    let waiting = admit(&admission, 1).await;
    let mut third = Box::pin(waiting.hash_password());
    assert!(now(third.as_mut()).is_none(), "a permit was left");
    // Another network has a permit left, and other requests have all of theirs.
    let other = admit(&admission, 2).await;
    other.hash_password().await.expect("a permit");
    for _ in 0..3 {
        hashing.push(admit(&admission, 1).await);
    }
}
