//! Uploads in parts that a crash leaves in a bucket of S3, on `MinIO`.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{future::ready, pin::pin, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use object_store::{aws::AmazonS3, multipart::MultipartStore, path::Path};
use tenantry_application::ports::{
    BlobCheck, BlobKey, BlobStore, CheckOutcome, IdGenerator, PortErrorKind, PutError,
};
use tenantry_blob::{ObjectBlobStore, S3Keys, S3Options};
use tenantry_crypto::UuidV7Ids;
use tenantry_tests::services::Minio;
use tokio::sync::oneshot;

use crate::{
    minio::{key, options},
    objects::context,
};

/// What the service needs of a bucket, but for the two that end uploads.
const RIGHTS: [&str; 4] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
];
const LIST: &str = "s3:ListBucketMultipartUploads";
const ABORT: &str = "s3:AbortMultipartUpload";

/// A bucket with a store, and the way around it.
struct World {
    minio: &'static Minio,
    options: S3Options,
    store: ObjectBlobStore,
    behind: AmazonS3,
}

impl World {
    async fn new() -> Self {
        let minio = Minio::shared().await;
        let options = options(minio);
        let store = ObjectBlobStore::s3(&options, context()).await;
        Self {
            minio,
            store: store.expect("opened"),
            behind: minio.client(&options.bucket),
            options,
        }
    }

    /// Begins an upload and leaves it after its first part, as a crash does.
    async fn leave(&self, name: &str) -> Path {
        let path = Path::parse(name).expect("a path");
        let id = self.behind.create_multipart(&path).await.expect("begun");
        let part = Bytes::from_static(b"the first part").into();
        let sent = self.behind.put_part(&path, &id, 0, part).await;
        sent.expect("sent");
        // Younger ones are left alone, and services tell whole milliseconds.
        tokio::time::sleep(Duration::from_millis(5)).await;
        path
    }

    async fn left(&self, path: &Path) -> usize {
        self.minio.unfinished(&self.options.bucket, path).await
    }

    /// How many pieces a sweep removes, and what it shows.
    async fn swept(&self, age: Duration) -> (u64, Vec<BlobKey>) {
        let mut swept = self.store.sweep_staging(age).await.expect("swept");
        swept.unfinished.sort_by_key(ToString::to_string);
        (swept.pieces, swept.unfinished)
    }

    /// A store of the same bucket for whoever may do just this.
    async fn allowed(&self, actions: &[&str]) -> ObjectBlobStore {
        let lent = self
            .minio
            .create_temporary_credentials(&self.options.bucket, actions)
            .await;
        let options = S3Options {
            keys: Some(S3Keys {
                access_key_id: lent.key_id,
                secret_access_key: lent.secret_key,
                session_token: lent.token,
            }),
            ..self.options.clone()
        };
        let store = ObjectBlobStore::s3(&options, context()).await;
        store.expect("opened")
    }
}

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn an_upload_that_was_left_is_found_and_ended() {
    let world = World::new().await;
    let (left, other) = (key(), key());
    let path = world.leave(&left.to_string()).await;
    let beside = world.leave(&other.to_string()).await;
    let again = world.leave(&left.to_string()).await;
    assert_eq!(world.swept(HOUR).await, (0, vec![]));
    // Only records tell whether they are still under way.
    let shown = (0, vec![left, other]);
    assert_eq!(world.swept(Duration::ZERO).await, shown);
    assert_eq!(world.left(&again).await, 2);

    for ended in [2, 0] {
        let counted = world.store.abort_unfinished(left).await;
        assert_eq!(counted.expect("ended"), ended);
        assert_eq!(world.left(&path).await, 0);
    }
    assert_eq!(world.left(&beside).await, 1);
    assert_eq!(world.swept(Duration::ZERO).await, (0, vec![other]));
}

#[tokio::test]
async fn what_is_stored_stays_where_an_upload_is_ended() {
    let world = World::new().await;
    let key = key();
    let body = stream::iter([Ok(Bytes::from_static(b"bytes"))]).boxed();
    let content = world.store.put(key, body, 100).await.expect("stored");
    let path = world.leave(&key.to_string()).await;
    let ended = world.store.abort_unfinished(key).await;
    assert_eq!(ended.expect("ended"), 1);
    assert_eq!(world.left(&path).await, 0);
    world.store.verify(key, &content).await.expect("unharmed");
}

#[tokio::test]
async fn uploads_of_others_are_left_alone() {
    let world = World::new().await;
    let key = key();
    let names = [
        "videos/holiday.mp4".to_owned(),
        "probe/holiday.mp4".to_owned(),
        format!("{key}.tmp"),
        format!("backup/{key}"),
    ];
    let mut foreign = Vec::new();
    for name in &names {
        foreign.push(world.leave(name).await);
    }
    assert_eq!(world.swept(Duration::ZERO).await, (0, vec![]));
    let ended = world.store.abort_unfinished(key).await;
    assert_eq!(ended.expect("nothing to do"), 0);
    for path in &foreign {
        assert_eq!(world.left(path).await, 1, "{path}");
    }
}

#[tokio::test]
async fn what_an_examination_leaves_is_swept() {
    let world = World::new().await;
    let path = world.leave(&format!("probe/{}", UuidV7Ids.next())).await;
    assert_eq!(world.swept(HOUR).await, (0, vec![]));
    assert_eq!(world.left(&path).await, 1);
    assert_eq!(world.swept(Duration::ZERO).await, (1, vec![]));
    assert_eq!(world.left(&path).await, 0);
}

#[tokio::test]
async fn what_was_ended_is_not_finished() {
    let world = World::new().await;
    let key = key();
    let (resume, resumed) = oneshot::channel::<()>();
    let bytes = stream::iter([Ok(Bytes::from(vec![7; 3 * 1024 * 1024]))]);
    let pause = stream::once(resumed).filter_map(|_| ready(None));
    let body = bytes.chain(pause).boxed();
    let mut put = pin!(world.store.put(key, body, u64::MAX));
    let wait = Duration::from_millis(200);
    assert!(tokio::time::timeout(wait, put.as_mut()).await.is_err());
    let ended = world.store.abort_unfinished(key).await;
    assert_eq!(ended.expect("ended"), 1);
    resume.send(()).expect("it waits");
    let refused = put.await.expect_err("a refusal");
    let again = matches!(&refused, PutError::Store(error) if error.is_retryable());
    assert!(again, "{refused:?}");
    assert_eq!(world.store.size(key).await.expect("looked"), None);
}

#[tokio::test]
async fn a_right_that_is_missing_is_named() {
    let world = World::new().await;
    let left = key();
    let path = world.leave(&left.to_string()).await;
    for (missing, other) in [(LIST, ABORT), (ABORT, LIST)] {
        let store = world.allowed(&[&RIGHTS[..], &[other]].concat()).await;
        let checks = store.examine().await;
        let failed = |check: &&BlobCheck| check.outcome == CheckOutcome::Failed;
        let failed: Vec<_> = checks.iter().filter(failed).collect();
        let names: Vec<_> = failed.iter().map(|check| check.name).collect();
        assert_eq!(names, ["unfinished_uploads"], "{failed:?}");
        for told in [missing, "the credentials lack permission", "lifecycle rule"] {
            assert!(failed[0].advice.contains(told), "{failed:?}");
        }
        // Tried again it would be refused again.
        let refused = store.abort_unfinished(left).await.expect_err("a refusal");
        assert_eq!(refused.kind, PortErrorKind::Internal);
        assert!(refused.to_string().contains(missing), "{refused}");
        assert_eq!(world.left(&path).await, 1);
    }
    let store = world.allowed(&[&RIGHTS[..], &[LIST, ABORT]].concat()).await;
    let checks = store.examine().await;
    let well = |check: &BlobCheck| check.outcome != CheckOutcome::Failed;
    assert!(checks.iter().all(well), "{checks:?}");
    assert_eq!(store.abort_unfinished(left).await.expect("ended"), 1);
}
