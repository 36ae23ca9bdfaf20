//! What a crash leaves of uploads in parts is ended by the service itself.

use std::{future::ready, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, TryFutureExt, stream};
use object_store::{multipart::MultipartStore, path::Path};
use reqwest::Body;
use tenantry_application::ports::BlobKey;
use tenantry_domain::{
    blob::Blob,
    id::{BlobId, TenantId},
    tenant::{ActiveTenant, TenantStatus},
};
use tenantry_tests::{
    harness::{TestService, borrowed, until},
    services::Minio,
};
use tokio::sync::oneshot;

const SETTINGS: [(&str, &str); 3] = [
    ("TENANTRY_WORKER__SWEEP_INTERVAL_SECONDS", "1"),
    ("TENANTRY_WORKER__UPLOAD_GRACE_SECONDS", "6"),
    ("TENANTRY_WORKER__UPLOAD_HEARTBEAT_SECONDS", "1"),
];
const HOUR: Duration = Duration::from_hours(1);

/// A bucket, and a service on it.
struct World {
    minio: &'static Minio,
    bucket: String,
    service: TestService,
}

impl World {
    /// `rights` are those of the service, where it has not all of them.
    async fn new(rights: Option<&[&str]>) -> Self {
        let minio = Minio::shared().await;
        let bucket = minio.fresh();
        let mut settings = minio.settings("STORAGE", &bucket);
        if let Some(rights) = rights {
            // Somebody has to make the bucket.
            TestService::embedded(&borrowed(&settings))
                .await
                .stop()
                .await;
            settings.extend(minio.lent(&bucket, rights).await);
        }
        let mut settings = borrowed(&settings);
        settings.extend(SETTINGS);
        Self {
            minio,
            service: TestService::embedded(&settings).await,
            bucket,
        }
    }

    fn key(&self, tenant_id: TenantId) -> BlobKey {
        let blob_id = BlobId::from_uuid(self.service.services().ids.next());
        BlobKey { tenant_id, blob_id }
    }

    /// The record of an upload that gave its last sign of life an hour ago.
    async fn record(&self, key: BlobKey) {
        let services = self.service.services();
        let (backend, then) = (services.blobs.default_name(), services.now().minus(HOUR));
        let blob = Blob::open(key.blob_id, key.tenant_id, backend.clone(), 0, then);
        let active = ActiveTenant::of(key.tenant_id, TenantStatus::Active);
        let store = services.store.open(active.expect("the witness")).await;
        let store = store.expect("its store");
        let mut work = store.begin();
        work.blobs().add(&blob);
        store.commit(work).await.expect("committed");
    }

    async fn is_known(&self, key: BlobKey) -> bool {
        let active = ActiveTenant::of(key.tenant_id, TenantStatus::Active);
        let store = &self.service.services().store;
        let store = store.open(active.expect("the witness")).await;
        let found = store.expect("its store").blobs().lookup(key.blob_id).await;
        found.expect("read").is_some()
    }

    /// Begins an upload and leaves it.
    async fn leave(&self, name: &str) -> Path {
        let path = Path::from(name);
        let client = self.minio.client(&self.bucket);
        client.create_multipart(&path).await.expect("begun");
        path
    }

    async fn left(&self, path: &Path) -> usize {
        self.minio.unfinished(&self.bucket, path).await
    }
}

#[tokio::test]
async fn uploads_that_were_left_are_ended_and_living_ones_are_not() {
    let world = World::new(None).await;
    let alice = world.service.company("acme").await;
    let tenant: TenantId = alice.tenant_id.parse().expect("an id");

    // One that takes longer than the grace.
    let bytes = Bytes::from(vec![7; 6 * 1024 * 1024]);
    let upload = alice.put_content("slow.bin", 2 * bytes.len() as u64);
    let (resume, resumed) = oneshot::channel::<()>();
    let (first, rest) = (ready(Ok(bytes.clone())), resumed.map_ok(|()| bytes));
    let body = Body::wrap_stream(stream::once(first).chain(stream::once(rest)));
    let upload = tokio::spawn({
        let alice = alice.clone();
        async move { alice.send(upload.body(body)).await }
    });

    let kept = alice.upload_ready("a.txt", "text/plain", "one").await;
    let stored = world.service.stored(&alice).await;
    let stored = stored.keys().next().expect("stored").clone();
    let crashed = world.key(tenant);
    let other = TenantId::from_uuid(world.service.services().ids.next());
    let elsewhere = world.leave(&world.key(other).to_string()).await;
    let foreign = world.leave("videos/holiday.mp4").await;
    let unknown = world.key(tenant);
    let mut left = Vec::new();
    for name in [crashed.to_string(), unknown.to_string(), stored] {
        left.push(world.leave(&name).await);
    }
    world.record(crashed).await;
    until("the record is gone", async || {
        (!world.is_known(crashed).await).then_some(())
    })
    .await;
    // Before its record: that one is never missed.
    assert_eq!(world.left(&left[0]).await, 0);
    until("those without a record are ended", async || {
        for path in &left {
            if world.left(path).await > 0 {
                return None;
            }
        }
        Some(())
    })
    .await;
    for others in [elsewhere, foreign] {
        assert_eq!(world.left(&others).await, 1, "{others}");
    }
    let id = kept["id"].as_str().expect("an id");
    assert_eq!(alice.download(id).await.expect(200).body, "one");

    resume.send(()).expect("it waits");
    upload.await.expect("an answer").expect(201);
}

#[tokio::test]
async fn a_right_that_is_missing_stops_no_sweep() {
    let rights = [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:ListBucket",
    ];
    let world = World::new(Some(&rights)).await;
    let alice = world.service.company("acme").await;
    let crashed = world.key(alice.tenant_id.parse().expect("an id"));
    let path = world.leave(&crashed.to_string()).await;
    world.record(crashed).await;
    until("its record is gone", async || {
        (!world.is_known(crashed).await).then_some(())
    })
    .await;
    assert_eq!(world.left(&path).await, 1);
}
