//! Signed requests, sent by a plain HTTP client without other credentials.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use tenantry_application::ports::{Clock, PresignAccess, PresignRequest, PresignedRequest};
use tenantry_crypto::SystemClock;
use tenantry_domain::media_type::MediaType;

use super::SignedFixture;
use crate::{
    conformance::bodies::{body, sample},
    harness::until,
};

const MINUTE: Duration = Duration::from_mins(1);

/// The size that a signed write declares.
const SIZE: usize = 1000;

fn pdf(size_bytes: u64) -> PresignAccess {
    PresignAccess::Put {
        size_bytes,
        content_type: MediaType::parse("application/pdf").expect("a type"),
    }
}

fn request(signed: &PresignedRequest, without: &str) -> RequestBuilder {
    let method = Method::from_bytes(signed.method.as_bytes()).expect("a method");
    let headers = signed.headers.iter().filter(|(name, _)| name != without);
    headers.fold(
        Client::new().request(method, &signed.url),
        |request, (name, value)| request.header(name, value),
    )
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("a response")
}

#[track_caller]
fn expect_rejected(response: &Response) {
    let status = response.status();
    assert!(status.is_client_error(), "{status}");
}

#[track_caller]
fn expect_success(response: &Response) {
    let status = response.status();
    assert!(status.is_success(), "{status}");
}

pub(super) async fn signed_reads_work(fixture: &SignedFixture) {
    let (key, bytes) = (fixture.key(), sample(300_000));
    fixture.stored(key, &bytes).await;
    let signed = fixture.signed(key, PresignAccess::Get, MINUTE).await;
    assert_eq!(signed.method, "GET");
    for _ in 0..2 {
        let response = send(request(&signed, "")).await;
        assert_eq!(response.status(), 200);
        assert!(response.bytes().await.expect("a body") == bytes);
    }
    let part = send(request(&signed, "").header("range", "bytes=10-19")).await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.expect("a body"), &bytes[10..20]);
}

pub(super) async fn signed_writes_work(fixture: &SignedFixture) {
    let (key, bytes) = (fixture.key(), sample(300_000));
    let size = bytes.len() as u64;
    let signed = fixture.signed(key, pdf(size), MINUTE).await;
    assert_eq!(signed.method, "PUT");
    expect_success(&send(request(&signed, "").body(bytes.clone())).await);
    assert_eq!(fixture.store.size(key).await.expect("found"), Some(size));
    // A second write does not replace the object.
    let again = send(request(&signed, "").body(vec![7; 300_000])).await;
    expect_rejected(&again);
    let content = fixture.store.digest(body(&bytes, 5000), size).await;
    let content = content.expect("a digest");
    fixture.store.verify(key, &content).await.expect("intact");
}

pub(super) async fn unsigned_requests_are_rejected(fixture: &SignedFixture) {
    let (own, other) = (fixture.key(), fixture.key());
    fixture.stored(own, b"own").await;
    fixture.stored(other, b"other").await;
    let signed = fixture.signed(own, PresignAccess::Get, MINUTE).await;
    let (address, query) = signed.url.split_once('?').expect("a signature");
    let client = Client::new();
    let foreign = signed.url.replace(&own.to_string(), &other.to_string());
    assert_ne!(foreign, signed.url);
    expect_rejected(&send(client.get(foreign)).await);
    expect_rejected(&send(client.get(address)).await);
    expect_rejected(&send(client.put(&signed.url).body("forged")).await);
    expect_rejected(&send(client.delete(&signed.url)).await);
    // A changed signature, and a changed expiry.
    let name = ["X-Amz-Signature=", "sig=", "signature="]
        .into_iter()
        .find(|n| query.contains(n));
    let (before, signature) = query.split_once(name.expect("a signature")).expect("found");
    let changed: String = signature
        .chars()
        .enumerate()
        .map(|(at, c)| {
            if at == 4 && c != '0' {
                '0'
            } else if at == 4 {
                '1'
            } else {
                c
            }
        })
        .collect();
    let forged = format!("{address}?{before}{}{changed}", name.unwrap_or_default());
    expect_rejected(&send(client.get(forged)).await);
    for (expiry, later) in [
        ("X-Amz-Expires=60", "X-Amz-Expires=600"),
        ("se=20", "se=21"),
        ("expires=1", "expires=2"),
    ] {
        if signed.url.contains(expiry) {
            let longer = signed.url.replace(expiry, later);
            expect_rejected(&send(client.get(longer)).await);
        }
    }
    assert_eq!(fixture.store.size(own).await.expect("found"), Some(3));
}

pub(super) async fn expired_requests_are_rejected(fixture: &SignedFixture) {
    let key = fixture.key();
    fixture.stored(key, b"bytes").await;
    // The minimum lifetime is a second.
    let signed = fixture.signed(key, PresignAccess::Get, Duration::ZERO);
    let signed = signed.await;
    until("the request expires", async || {
        let response = send(request(&signed, "")).await;
        response.status().is_client_error().then_some(())
    })
    .await;
    // The maximum lifetime is an hour.
    let day = Duration::from_hours(24);
    let signed = fixture.signed(key, PresignAccess::Get, day).await;
    let lifetime = signed.expires_at.since(SystemClock.now());
    assert!(lifetime <= PresignRequest::MAX_LIFETIME, "{lifetime:?}");
}

/// Expects a change of a bound property to be rejected, and any other to be
/// accepted.
pub(super) async fn bindings_match_the_declaration(fixture: &SignedFixture) {
    let binds = fixture.signer.binds();
    for size in [0, SIZE - 1, SIZE + 1, 100 * SIZE] {
        // Services may reject an empty body for other reasons.
        if size == 0 && !binds.binds_size {
            continue;
        }
        let other_size = |signed: &_| request(signed, "").body(sample(size));
        expect_bound(fixture, "size", binds.binds_size, other_size).await;
    }
    let other_type = |signed: &_| {
        let untyped = request(signed, "content-type").body(sample(SIZE));
        untyped.header("content-type", "text/html")
    };
    expect_bound(fixture, "type", binds.binds_content_type, other_type).await;
    let unconditional = |signed: &_| request(signed, "if-none-match").body(sample(SIZE));
    expect_bound(fixture, "absence", binds.binds_absence, unconditional).await;
}

/// Sends a changed request of a signed write, which must be rejected if the
/// changed property is bound, and succeed otherwise.
async fn expect_bound(
    fixture: &SignedFixture,
    property: &str,
    is_bound: bool,
    change: impl Fn(&PresignedRequest) -> RequestBuilder,
) {
    let key = fixture.key();
    let signed = fixture.signed(key, pdf(SIZE as u64), MINUTE).await;
    let changed = send(change(&signed)).await;
    let status = changed.status();
    if is_bound {
        assert!(status.is_client_error(), "{property}: {status}");
        assert_eq!(fixture.store.size(key).await.expect("looked up"), None);
        // Unchanged, the request succeeds.
        expect_success(&send(request(&signed, "").body(sample(SIZE))).await);
    } else {
        let body = changed.text().await;
        assert!(status.is_success(), "{property}: {status} {body:?}");
    }
}
