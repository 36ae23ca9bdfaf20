//! Orphaned multipart uploads are aborted by the sweep.

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

/// A service on a bucket.
struct World {
    minio: &'static Minio,
    bucket: String,
    service: TestService,
}

impl World {
    /// Starts a service with all rights, or with `rights` only.
    async fn new(rights: Option<&[&str]>) -> Self {
        let minio = Minio::shared().await;
        let bucket = minio.fresh();
        let mut settings = minio.settings("STORAGE", &bucket);
        if let Some(rights) = rights {
            // The bucket is created with all rights.
            TestService::embedded(&borrowed(&settings))
                .await
                .stop()
                .await;
            settings.extend(minio.temporary_credentials(&bucket, rights).await);
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

    /// Adds the record of an upload whose last heartbeat was an hour ago.
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

    /// Starts a multipart upload and abandons it.
    async fn abandon(&self, name: &str) -> Path {
        let path = Path::from(name);
        let client = self.minio.client(&self.bucket);
        client.create_multipart(&path).await.expect("started");
        path
    }

    async fn orphaned(&self, path: &Path) -> usize {
        self.minio.unfinished(&self.bucket, path).await
    }
}

#[tokio::test]
async fn orphaned_uploads_are_aborted_and_active_ones_are_not() {
    let world = World::new(None).await;
    let alice = world.service.company("acme").await;
    let tenant: TenantId = alice.tenant_id.parse().expect("an id");

    // An upload that takes longer than the grace time.
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
    let elsewhere = world.abandon(&world.key(other).to_string()).await;
    let foreign = world.abandon("videos/holiday.mp4").await;
    let unknown = world.key(tenant);
    let mut orphaned = Vec::new();
    for name in [crashed.to_string(), unknown.to_string(), stored] {
        orphaned.push(world.abandon(&name).await);
    }
    world.record(crashed).await;
    until("the record is removed", async || {
        (!world.is_known(crashed).await).then_some(())
    })
    .await;
    // Aborted before the record is removed.
    assert_eq!(world.orphaned(&orphaned[0]).await, 0);
    until("uploads without a record are aborted", async || {
        for path in &orphaned {
            if world.orphaned(path).await > 0 {
                return None;
            }
        }
        Some(())
    })
    .await;
    for others in [elsewhere, foreign] {
        assert_eq!(world.orphaned(&others).await, 1, "{others}");
    }
    let id = kept["id"].as_str().expect("an id");
    assert_eq!(alice.download(id).await.expect(200).body, "one");

    resume.send(()).expect("it waits");
    upload.await.expect("a response").expect(201);
}

#[tokio::test]
async fn a_missing_right_does_not_stop_the_sweep() {
    let rights = [
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:ListBucket",
    ];
    let world = World::new(Some(&rights)).await;
    let alice = world.service.company("acme").await;
    let crashed = world.key(alice.tenant_id.parse().expect("an id"));
    let path = world.abandon(&crashed.to_string()).await;
    world.record(crashed).await;
    until("its record is gone", async || {
        (!world.is_known(crashed).await).then_some(())
    })
    .await;
    assert_eq!(world.orphaned(&path).await, 1);
}
