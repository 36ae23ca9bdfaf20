//! Requests that a client makes past the service: by a plain HTTP client that
//! knows nothing but what was signed.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use tenantry_application::ports::{Clock, PresignAccess, PresignRequest, PresignedRequest};
use tenantry_crypto::SystemClock;
use tenantry_domain::media_type::MediaType;

use super::SignedFixture;
use crate::{
    conformance::blob_store::{body, sample},
    harness::until,
};

const MINUTE: Duration = Duration::from_mins(1);

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
    request.send().await.expect("an answer")
}

/// Refused: not by a broken connection, and not for a reason of the server's.
#[track_caller]
fn expect_refused(answer: &Response) {
    let status = answer.status();
    assert!(status.is_client_error(), "{status}");
}

pub(super) async fn signed_reads_work(fixture: &SignedFixture) {
    let (key, bytes) = (fixture.key(), sample(300_000));
    fixture.stored(key, &bytes).await;
    let signed = fixture.signed(key, PresignAccess::Get, MINUTE).await;
    assert_eq!(signed.method, "GET");
    for _ in 0..2 {
        let answer = send(request(&signed, "")).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.bytes().await.expect("a body") == bytes);
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
    let answer = send(request(&signed, "").body(bytes.clone())).await;
    assert!(answer.status().is_success(), "{}", answer.status());
    assert_eq!(fixture.store.size(key).await.expect("found"), Some(size));
    // Once written, it stays.
    let again = send(request(&signed, "").body(vec![7; 300_000])).await;
    expect_refused(&again);
    let content = fixture.store.digest(body(&bytes, 5000), size).await;
    let content = content.expect("told");
    fixture.store.verify(key, &content).await.expect("unharmed");
}

pub(super) async fn what_was_not_signed_is_refused(fixture: &SignedFixture) {
    let (own, other) = (fixture.key(), fixture.key());
    fixture.stored(own, b"own").await;
    fixture.stored(other, b"other").await;
    let signed = fixture.signed(own, PresignAccess::Get, MINUTE).await;
    let (address, query) = signed.url.split_once('?').expect("a signature");
    let client = Client::new();
    let foreign = signed.url.replace(&own.to_string(), &other.to_string());
    assert_ne!(foreign, signed.url);
    expect_refused(&send(client.get(foreign)).await);
    expect_refused(&send(client.get(address)).await);
    expect_refused(&send(client.put(&signed.url).body("forged")).await);
    expect_refused(&send(client.delete(&signed.url)).await);
    // Any character of the signature, and the end that was signed.
    let name = ["X-Amz-Signature=", "sig=", "signature="]
        .into_iter()
        .find(|n| query.contains(n));
    let (before, signature) = query.split_once(name.expect("a signature")).expect("found");
    let turned: String = signature
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
    let forged = format!("{address}?{before}{}{turned}", name.unwrap_or_default());
    expect_refused(&send(client.get(forged)).await);
    for (end, later) in [
        ("X-Amz-Expires=60", "X-Amz-Expires=600"),
        ("se=20", "se=21"),
        ("expires=1", "expires=2"),
    ] {
        if signed.url.contains(end) {
            let longer = signed.url.replace(end, later);
            expect_refused(&send(client.get(longer)).await);
        }
    }
    assert_eq!(fixture.store.size(own).await.expect("found"), Some(3));
}

pub(super) async fn what_has_ended_is_refused(fixture: &SignedFixture) {
    let key = fixture.key();
    fixture.stored(key, b"bytes").await;
    // Less than nothing is a second.
    let signed = fixture.signed(key, PresignAccess::Get, Duration::ZERO);
    let signed = signed.await;
    until("the end", async || {
        let answer = send(request(&signed, "")).await;
        answer.status().is_client_error().then_some(())
    })
    .await;
    // And more than an hour is an hour.
    let day = Duration::from_hours(24);
    let signed = fixture.signed(key, PresignAccess::Get, day).await;
    let lifetime = signed.expires_at.since(SystemClock.now());
    assert!(lifetime <= PresignRequest::MAX_LIFETIME, "{lifetime:?}");
}

pub(super) async fn what_is_bound_cannot_be_changed(fixture: &SignedFixture) {
    let binds = fixture.signer.binds();
    let (key, bytes) = (fixture.key(), sample(1000));
    let signed = fixture.signed(key, pdf(1000), MINUTE).await;
    if binds.binds_size {
        for size in [0, 999, 1001, 100_000] {
            let wrong = send(request(&signed, "").body(sample(size))).await;
            expect_refused(&wrong);
        }
    }
    if binds.binds_content_type {
        let wrong = request(&signed, "content-type").header("content-type", "text/html");
        expect_refused(&send(wrong.body(bytes.clone())).await);
    }
    if binds.binds_absence {
        let wrong = send(request(&signed, "if-none-match").body(bytes.clone())).await;
        expect_refused(&wrong);
    }
    assert_eq!(fixture.store.size(key).await.expect("looked"), None);
    let right = send(request(&signed, "").body(bytes)).await;
    assert!(right.status().is_success());
}
