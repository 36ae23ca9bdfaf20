//! Blobs in a bucket of S3, on `MinIO`.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{collections::BTreeMap, error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::StreamExt;
use object_store::{
    ObjectStoreExt,
    aws::AmazonS3,
    path::Path,
    signer::{SignedUrlOptions, Signer},
};
use reqwest::Method;
use tenantry_application::ports::{
    BlobCheck, BlobKey, BlobStore, CheckOutcome, Clock, PortErrorKind, PresignAccess,
    PresignRequest,
};
use tenantry_blob::{ObjectBlobStore, S3Keys, S3Options, StoreContext};
use tenantry_crypto::SystemClock;
use tenantry_domain::Timestamp;
use tenantry_memory::testing::ManualClock;
use tenantry_tests::{
    conformance::{
        blob_store::{BlobFixture, DirectAccess, UnfinishedEnd},
        signed_requests::SignedFixture,
    },
    services::{FaultProxy, Minio},
};

use crate::objects::{MARK, abandon_upload, context, elements, key, names, plant, sizes};

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
        authorities: None,
        create: true,
        may_be_new: true,
    }
}

const MINUTE: Duration = Duration::from_mins(1);

struct Bucket(AmazonS3);

impl Bucket {
    /// Gets a list that `object_store` cannot get; empty where the listed
    /// upload has ended.
    async fn get(&self, path: &Path, query: &[(&str, &str)]) -> String {
        let options = SignedUrlOptions::new().with_query(query.iter().copied());
        let url = self.0.signed_url_opts(Method::GET, path, MINUTE, &options);
        let response = reqwest::get(url.await.expect("a signed URL")).await;
        let response = response.expect("a response");
        if response.status() == 404 {
            return String::new();
        }
        let list = response.error_for_status().expect("a list").text().await;
        list.expect("a list")
    }
}

#[async_trait]
impl DirectAccess for Bucket {
    async fn plant(&self, name: &str, bytes: Vec<u8>) {
        plant(&self.0, name, bytes).await;
    }

    async fn names(&self) -> Vec<String> {
        names(&self.0).await
    }

    fn unfinished_end(&self) -> UnfinishedEnd {
        UnfinishedEnd::Reported
    }

    async fn abandon_write(&self, key: BlobKey) {
        abandon_upload(&self.0, &key.to_string()).await;
    }

    async fn unfinished_writes(&self, key: BlobKey) -> Vec<Vec<u64>> {
        let name = key.to_string();
        let path = Path::parse(&name).expect("a path");
        let query = [("uploads", ""), ("prefix", &*name)];
        let uploads = self.get(&Path::default(), &query).await;
        let mut writes = Vec::new();
        for id in elements(&uploads, "UploadId") {
            writes.push(sizes(&self.get(&path, &[("uploadId", id)]).await));
        }
        writes
    }
}

/// Opens a store of a new bucket; returns a client of the bucket as well.
async fn opened() -> (ObjectBlobStore, AmazonS3) {
    let minio = Minio::shared().await;
    let options = options(minio);
    let store = ObjectBlobStore::s3(&options, context()).await;
    (store.expect("opened"), minio.client(&options.bucket))
}

async fn signing() -> SignedFixture {
    SignedFixture::of_store(Arc::new(opened().await.0))
}

async fn fixture() -> BlobFixture {
    let (store, client) = opened().await;
    BlobFixture::new(Arc::new(store), Box::new(Bucket(client)))
}

#[tokio::test]
async fn signed_urls_start_with_the_public_endpoint() {
    let minio = Minio::shared().await;
    let proxy = FaultProxy::to(minio.address()).await;
    let public = format!("http://localhost:{}", proxy.address().port());
    let options = S3Options {
        public_endpoint: Some(public.parse().expect("a URL")),
        ..options(minio)
    };
    let store = ObjectBlobStore::s3(&options, context()).await;
    let request = PresignRequest {
        key: key(),
        access: PresignAccess::Get,
        expires_in: MINUTE,
    };
    let signed = store.expect("opened").presign(&request).await;
    let url = signed.expect("signed").url;
    assert!(url.starts_with(&public), "{url}");
    // The signature is valid; the object is missing.
    let response = reqwest::get(url).await.expect("a response");
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn a_missing_bucket_is_not_an_empty_bucket() {
    let (store, client) = opened().await;
    assert!(names(&client).await.is_empty());
    client.delete(&Path::from(MARK)).await.expect("deleted");
    let root = Path::default();
    let bucket = client.signed_url(Method::DELETE, &root, MINUTE);
    let bucket = bucket.await.expect("a signed URL");
    let deleted = reqwest::Client::new().delete(bucket).send().await;
    assert_eq!(deleted.expect("a response").status(), 204);

    let key = key();
    let internal = Some(PortErrorKind::Internal);
    assert_eq!(store.size(key).await.err().map(|e| e.kind), internal);
    assert_eq!(store.delete(key).await.err().map(|e| e.kind), internal);
    let listed = store.list().next().await.and_then(Result::err);
    assert_eq!(listed.map(|e| e.kind), internal);
    let error = store.probe().await.expect_err("an error");
    let source = error.source().expect("a source").to_string();
    assert!(source.contains("does not exist"), "{source}");
}

/// Returns the context of a store whose clock stands still.
fn clock_at(now: Timestamp) -> StoreContext {
    StoreContext {
        clock: Arc::new(ManualClock::new(now)),
        ..context()
    }
}

#[tokio::test]
async fn clock_skew_is_reported() {
    let (minio, skew) = (Minio::shared().await, Duration::from_mins(20));
    for now in [SystemClock.now().minus(skew), SystemClock.now().plus(skew)] {
        let options = options(minio);
        let opened = ObjectBlobStore::s3(&options, clock_at(now)).await;
        let error = opened.expect_err("an error");
        let source = error.source().expect("a source").to_string();
        assert!(source.contains("the clocks of this machine"), "{source}");
        assert_eq!(source.lines().count(), 1, "{source}");

        // `object_store` signs by the correct clock of this machine.
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

/// Returns the advice of each failed check by its name.
fn failed(checks: &[BlobCheck]) -> BTreeMap<&str, &str> {
    let failed = checks
        .iter()
        .filter(|it| it.outcome == CheckOutcome::Failed);
    failed.map(|it| (it.name, it.advice.as_str())).collect()
}
