//! Bytes in a bucket of S3, on `MinIO`.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use tenantry_blob::{ObjectBlobStore, S3Keys, S3Options};
use tenantry_tests::{conformance::blob_store::BlobFixture, services::Minio};

use crate::objects::{Objects, context};

tenantry_tests::blob_store_suite!(fixture);

fn options(minio: &Minio) -> S3Options {
    S3Options {
        bucket: minio.fresh(),
        region: None,
        endpoint: Some(minio.endpoint().parse().expect("a URL")),
        public_endpoint: None,
        keys: Some(S3Keys {
            access_key_id: minio.access_key_id().to_owned(),
            secret_access_key: minio.secret_access_key().to_owned(),
        }),
        path_style: true,
        ca_file: None,
        create: true,
        may_be_new: true,
    }
}

async fn fixture() -> BlobFixture {
    let minio = Minio::shared().await;
    let options = options(minio);
    let store = ObjectBlobStore::s3(&options, context()).await;
    let behind = AmazonS3Builder::new()
        .with_bucket_name(&options.bucket)
        .with_endpoint(minio.endpoint())
        .with_access_key_id(minio.access_key_id())
        .with_secret_access_key(minio.secret_access_key())
        .with_allow_http(true)
        .build();
    let behind = Objects(Arc::new(behind.expect("a client")));
    BlobFixture::new(Arc::new(store.expect("opened")), Box::new(behind))
}
