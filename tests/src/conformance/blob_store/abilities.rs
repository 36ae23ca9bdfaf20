//! Declared abilities and actual behaviour. Each ability is tried whether or
//! not it is declared, and both must agree.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::join_all;
use tenantry_application::ports::{PortErrorKind, PresignAccess, PresignRequest, PutError};
use tenantry_domain::media_type::MediaType;

use super::{ANY_SIZE, BlobFixture, MIB, UnfinishedEnd, body, key, open_put::OPEN_BYTES};
use crate::{
    conformance::signed_requests::{SignedFixture, stamped::requests},
    harness::until,
};

/// Races of several puts of one key.
const RACES: usize = 20;
const RACING_PUTS: u8 = 8;

pub(super) async fn multipart_matches_the_declaration(fixture: &BlobFixture) {
    let key = key();
    let put = fixture.start_put(key);
    put.send(Bytes::from(vec![7; 36 * MIB]));
    until("more than a part has arrived", async || {
        (fixture.unfinished_bytes(key).await >= 20 * MIB).then_some(())
    })
    .await;
    let writes = fixture.direct.unfinished_writes(key).await;
    let has_parts = writes.iter().any(|parts| parts.len() > 1);
    assert_eq!(has_parts, fixture.store.capabilities().multipart);
    put.finish().await.expect("stored");
}

/// Expects racing puts of a key to replace each other unless the storage
/// refuses.
pub(super) async fn conditional_write_matches_the_declaration(fixture: &BlobFixture) {
    let mut replaced = 0;
    for _ in 0..RACES {
        replaced += race(fixture).await;
    }
    // A store may learn from its first write that a service lacks them.
    let declared = fixture.store.capabilities();
    if fixture.direct.has_atomic_writes() {
        let refuses = replaced == 0;
        assert_eq!(refuses, declared.conditional_write, "{replaced} replaced");
    }
    // An upload in parts is checked when it starts only.
    if !declared.multipart {
        let refuses = keeps_late_object(fixture).await;
        assert_eq!(refuses, declared.conditional_write);
    }
}

/// Races puts of one key; returns the number of replaced objects.
async fn race(fixture: &BlobFixture) -> usize {
    let key = key();
    let bodies = (0..RACING_PUTS).map(|number| body(&[number; 10], 10));
    let puts = bodies.map(|body| fixture.store.put(key, body, ANY_SIZE));
    let mut contents = Vec::new();
    for outcome in join_all(puts).await {
        match outcome {
            Ok(content) => contents.push(content),
            Err(error) => expect_key_in_use(&error),
        }
    }
    let mut intact = 0;
    for content in &contents {
        intact += usize::from(fixture.store.verify(key, content).await.is_ok());
    }
    assert_eq!(intact, 1, "{} puts succeeded", contents.len());
    contents.len() - 1
}

/// Returns whether an object survives that appears while a put is open.
async fn keeps_late_object(fixture: &BlobFixture) -> bool {
    let key = key();
    let put = fixture.open_put(key, vec![7; OPEN_BYTES].into()).await;
    fixture
        .direct
        .plant(&key.to_string(), b"late".to_vec())
        .await;
    match put.finish().await {
        Ok(_) => false,
        Err(error) => {
            expect_key_in_use(&error);
            assert_eq!(fixture.size(key).await, Some(4));
            true
        }
    }
}

#[track_caller]
fn expect_key_in_use(error: &PutError) {
    let is_internal =
        matches!(error, PutError::Store(error) if error.kind == PortErrorKind::Internal);
    assert!(is_internal, "{error}");
}

pub(super) async fn ends_unfinished_matches_the_declaration(fixture: &BlobFixture) {
    let ends = fixture.direct.unfinished_end() != UnfinishedEnd::Kept;
    assert_eq!(fixture.store.capabilities().ends_unfinished, ends);
}

pub(super) async fn presign_matches_the_declaration(fixture: &BlobFixture) {
    let declared = fixture.store.capabilities().presign;
    let put = PresignAccess::Put {
        size_bytes: 10,
        content_type: MediaType::octet_stream(),
    };
    for access in [PresignAccess::Get, put] {
        let request = PresignRequest {
            key: key(),
            access,
            expires_in: Duration::from_mins(1),
        };
        let refusal = fixture.store.presign(&request).await.err();
        let expected = declared.is_none().then_some(PortErrorKind::Unsupported);
        assert_eq!(refusal.map(|error| error.kind), expected);
    }
    if declared.is_some() {
        let signed = SignedFixture::of_store(Arc::clone(&fixture.store));
        requests::bindings_match_the_declaration(&signed).await;
    }
}
