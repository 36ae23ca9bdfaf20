//! Bytes in a bucket of S3, on `MinIO`.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{collections::BTreeMap, error::Error, sync::Arc, time::Duration};

use futures_util::StreamExt;
use object_store::{ObjectStoreExt, aws::AmazonS3, path::Path, signer::Signer};
use reqwest::Method;
use tenantry_application::ports::{
    BlobCheck, BlobKey, BlobStore, CheckOutcome, Clock, IdGenerator, PortErrorKind, PresignAccess,
    PresignRequest,
};
use tenantry_blob::{ObjectBlobStore, S3Keys, S3Options, StoreContext};
use tenantry_crypto::{SystemClock, UuidV7Ids};
use tenantry_domain::{
    Timestamp,
    id::{BlobId, TenantId},
};
use tenantry_memory::testing::ManualClock;
use tenantry_tests::{
    conformance::{
        blob_store::{BehindTheStore, BlobFixture},
        signed_requests::SignedFixture,
    },
    services::{FaultProxy, Minio},
};

use crate::objects::{Objects, context};

tenantry_tests::blob_store_suite!(fixture);

mod signed_requests {
    use super::*;

    tenantry_tests::signed_requests_suite!(signing);
}

pub(crate) fn options(minio: &Minio) -> S3Options {
    S3Options {
        bucket: minio.fresh(),
        region: None,
        endpoint: Some(minio.endpoint().parse().expect("a URL")),
        public_endpoint: None,
        keys: Some(S3Keys {
            access_key_id: minio.access_key_id().to_owned(),
            secret_access_key: minio.secret_access_key().to_owned(),
            session_token: None,
        }),
        path_style: true,
        ca_file: None,
        create: true,
        may_be_new: true,
    }
}

pub(crate) fn key() -> BlobKey {
    BlobKey {
        tenant_id: TenantId::from_uuid(UuidV7Ids.next()),
        blob_id: BlobId::from_uuid(UuidV7Ids.next()),
    }
}

/// A new bucket, and the way around its store.
async fn opened() -> (ObjectBlobStore, AmazonS3) {
    let minio = Minio::shared().await;
    let options = options(minio);
    let store = ObjectBlobStore::s3(&options, context()).await;
    (store.expect("opened"), minio.client(&options.bucket))
}

async fn signing() -> SignedFixture {
    SignedFixture::by_itself(Arc::new(opened().await.0))
}

async fn fixture() -> BlobFixture {
    let (store, behind) = opened().await;
    BlobFixture::new(Arc::new(store), Box::new(Objects(Arc::new(behind))))
}

#[tokio::test]
async fn signed_urls_name_the_endpoint_of_clients() {
    let minio = Minio::shared().await;
    let gate = FaultProxy::to(minio.address()).await;
    let public = format!("http://localhost:{}", gate.address().port());
    let options = S3Options {
        public_endpoint: Some(public.parse().expect("a URL")),
        ..options(minio)
    };
    let store = ObjectBlobStore::s3(&options, context()).await;
    let request = PresignRequest {
        key: key(),
        access: PresignAccess::Get,
        expires_in: Duration::from_mins(1),
    };
    let signed = store.expect("opened").presign(&request).await;
    let url = signed.expect("signed").url;
    assert!(url.starts_with(&public), "{url}");
    // Signed well, for an object that is not there.
    let answer = reqwest::get(url).await.expect("an answer");
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn a_lost_bucket_is_no_empty_bucket() {
    let (store, behind) = opened().await;
    let objects = Objects(Arc::new(behind.clone()));
    assert!(objects.names().await.is_empty());
    behind
        .delete(&Path::from("tenantry"))
        .await
        .expect("deleted");
    let (root, minute) = (Path::default(), Duration::from_mins(1));
    let bucket = behind.signed_url(Method::DELETE, &root, minute);
    let bucket = bucket.await.expect("a signed URL");
    let deleted = reqwest::Client::new().delete(bucket).send().await;
    assert_eq!(deleted.expect("an answer").status(), 204);

    let key = key();
    let internal = Some(PortErrorKind::Internal);
    assert_eq!(store.size(key).await.err().map(|e| e.kind), internal);
    assert_eq!(store.delete(key).await.err().map(|e| e.kind), internal);
    let listed = store.list().next().await.and_then(Result::err);
    assert_eq!(listed.map(|e| e.kind), internal);
    let refused = store.probe().await.expect_err("a refusal");
    let source = refused.source().expect("a source").to_string();
    assert!(source.contains("does not exist"), "{source}");
}

/// A clock that is off, and stands still.
fn clock_at(now: Timestamp) -> StoreContext {
    StoreContext {
        clock: Arc::new(ManualClock::new(now)),
        ..context()
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_named() {
    let (minio, off) = (Minio::shared().await, Duration::from_mins(20));
    for now in [SystemClock.now().minus(off), SystemClock.now().plus(off)] {
        let options = options(minio);
        let refused = ObjectBlobStore::s3(&options, clock_at(now)).await;
        let refused = refused.expect_err("a refusal");
        let source = refused.source().expect("a source").to_string();
        assert!(source.contains("the clocks of this machine"), "{source}");
        assert_eq!(source.lines().count(), 1, "{source}");

        // What object_store signs by the time of this machine is not off.
        let opened = ObjectBlobStore::s3(&options, context()).await;
        opened.expect("opened");
        let store = ObjectBlobStore::s3(&options, clock_at(now)).await;
        let checks = store.expect("opened").examine().await;
        let advice = failed(&checks);
        let clock = advice.get("clock").expect("a failed check");
        assert!(clock.contains("differ by 1"), "{clock}");
        assert!(clock.contains("set this machine's"), "{clock}");
        for signed in ["presigned_get", "presigned_put", "unfinished_uploads"] {
            let advice = advice.get(signed).expect("a failed check");
            assert!(advice.contains("the clocks of this machine"), "{advice}");
        }
        assert_eq!(advice.len(), 4, "{advice:?}");
    }
}

/// The advice of the checks that failed, by their names.
fn failed(checks: &[BlobCheck]) -> BTreeMap<&str, &str> {
    let failed = checks
        .iter()
        .filter(|it| it.outcome == CheckOutcome::Failed);
    failed.map(|it| (it.name, it.advice.as_str())).collect()
}
