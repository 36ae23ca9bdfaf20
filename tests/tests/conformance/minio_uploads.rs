//! Abandoned multipart uploads in a bucket of S3, on `MinIO`.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::time::Duration;

use object_store::{aws::AmazonS3, path::Path};
use tenantry_application::ports::{
    BlobCheck, BlobStore, CheckOutcome, IdGenerator, PortErrorKind, SweepResult,
};
use tenantry_blob::{ObjectBlobStore, S3Keys, S3Options};
use tenantry_crypto::UuidV7Ids;
use tenantry_tests::{harness::until, services::Minio};

use crate::{
    minio::options,
    objects::{abandon_upload, context, key},
};

/// The permissions that the service needs, without the two for uploads.
const PERMISSIONS: [&str; 4] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
];
const LIST: &str = "s3:ListBucketMultipartUploads";
const ABORT: &str = "s3:AbortMultipartUpload";

/// A bucket, a store in it, and a client that bypasses the store.
struct World {
    minio: &'static Minio,
    options: S3Options,
    store: ObjectBlobStore,
    client: AmazonS3,
}

impl World {
    async fn new() -> Self {
        let minio = Minio::shared().await;
        let options = options(minio);
        let store = ObjectBlobStore::s3(&options, context()).await;
        Self {
            minio,
            store: store.expect("opened"),
            client: minio.client(&options.bucket),
            options,
        }
    }

    async fn abandon_upload(&self, name: &str) -> Path {
        abandon_upload(&self.client, name).await
    }

    async fn unfinished(&self, path: &Path) -> usize {
        self.minio.unfinished(&self.options.bucket, path).await
    }

    async fn sweep(&self, age: Duration) -> SweepResult {
        self.store.sweep_staging(age).await.expect("swept")
    }

    /// Opens a store of the same bucket whose credentials allow some actions.
    async fn with_permissions(&self, actions: &[&str]) -> ObjectBlobStore {
        let bucket = &self.options.bucket;
        let credential = self.minio.create_temporary_credentials(bucket, actions);
        let credential = credential.await;
        let options = S3Options {
            keys: Some(S3Keys {
                access_key_id: credential.key_id,
                secret_access_key: credential.secret_key,
                session_token: credential.token,
            }),
            ..self.options.clone()
        };
        let store = ObjectBlobStore::s3(&options, context()).await;
        store.expect("opened")
    }
}

#[tokio::test]
async fn foreign_uploads_are_not_ended() {
    let (world, key) = (World::new().await, key());
    let names = [
        "videos/holiday.mp4".to_owned(),
        "probe/holiday.mp4".to_owned(),
        format!("{key}.tmp"),
        format!("backup/{key}"),
    ];
    let mut foreign = Vec::new();
    for name in &names {
        foreign.push(world.abandon_upload(name).await);
    }
    let ended = world.store.abort_unfinished(key).await;
    assert_eq!(ended.expect("nothing to end"), 0);
    world.abandon_upload(&key.to_string()).await;
    // Then the foreign uploads are old enough, too.
    until("the store's own upload is old enough", async || {
        let swept = world.sweep(Duration::ZERO).await;
        assert_eq!(swept.pieces, 0);
        (swept.unfinished == [key]).then_some(())
    })
    .await;
    for path in &foreign {
        assert_eq!(world.unfinished(path).await, 1, "{path}");
    }
}

#[tokio::test]
async fn uploads_of_examinations_are_swept() {
    let world = World::new().await;
    let name = format!("probe/{}", UuidV7Ids.next());
    let path = world.abandon_upload(&name).await;
    let hour = Duration::from_hours(1);
    assert_eq!(world.sweep(hour).await, SweepResult::default());
    assert_eq!(world.unfinished(&path).await, 1);
    let swept = until("the upload is old enough", async || {
        let swept = world.sweep(Duration::ZERO).await;
        (swept != SweepResult::default()).then_some(swept)
    });
    let swept = swept.await;
    assert_eq!((swept.pieces, swept.unfinished.len()), (1, 0));
    assert_eq!(world.unfinished(&path).await, 0);
}

#[tokio::test]
async fn a_missing_permission_is_reported() {
    let (world, key) = (World::new().await, key());
    let path = world.abandon_upload(&key.to_string()).await;
    for (missing, other) in [(LIST, ABORT), (ABORT, LIST)] {
        let permissions = [&PERMISSIONS[..], &[other]].concat();
        let store = world.with_permissions(&permissions).await;
        let checks = store.examine().await;
        let failed = |check: &&BlobCheck| check.outcome == CheckOutcome::Failed;
        let failed: Vec<_> = checks.iter().filter(failed).collect();
        let names: Vec<_> = failed.iter().map(|check| check.name).collect();
        assert_eq!(names, ["unfinished_uploads"], "{failed:?}");
        for part in [missing, "the credentials lack permission", "lifecycle rule"] {
            assert!(failed[0].advice.contains(part), "{failed:?}");
        }
        // Not retryable: the next attempt would fail as well.
        let error = store.abort_unfinished(key).await.expect_err("an error");
        assert_eq!(error.kind, PortErrorKind::Internal);
        assert!(error.to_string().contains(missing), "{error}");
        assert_eq!(world.unfinished(&path).await, 1);
    }
    let permissions = [&PERMISSIONS[..], &[LIST, ABORT]].concat();
    let store = world.with_permissions(&permissions).await;
    let checks = store.examine().await;
    let passed = |check: &BlobCheck| check.outcome != CheckOutcome::Failed;
    assert!(
        !checks.is_empty() && checks.iter().all(passed),
        "{checks:?}"
    );
    assert_eq!(store.abort_unfinished(key).await.expect("ended"), 1);
}
