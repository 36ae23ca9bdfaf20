//! Objects without a record.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use tenantry_application::{
    Services,
    ports::{BlobKey, TenantStore},
    upkeep::remove_orphans,
};
use tenantry_domain::{
    blob::Blob,
    id::{BlobId, TenantId},
    tenant::{ActiveTenant, TenantStatus},
};
use tenantry_memory::testing::ManualClock;
use tenantry_tests::harness::TestService;

async fn put(services: &Services, key: BlobKey) {
    let backend = services.blobs.get(services.blobs.default_name());
    let body = stream::iter([Ok("orphan".into())]).boxed();
    let put = backend.expect("a backend").put(key, body, 100).await;
    put.expect("stored");
}

async fn exists(services: &Services, key: BlobKey) -> bool {
    let backend = services.blobs.get(services.blobs.default_name());
    let size = backend.expect("a backend").size(key).await;
    size.expect("found").is_some()
}

async fn store_of(services: &Services, tenant: TenantId) -> Arc<dyn TenantStore> {
    let active = ActiveTenant::of(tenant, TenantStatus::Active).expect("active");
    services.store.open(active).await.expect("an open store")
}

#[tokio::test]
async fn old_objects_without_a_record_are_removed() {
    let service = TestService::start().await;
    let owner = service.company("acme").await;
    let file = owner.upload_ready("a.txt", "text/plain", "content").await;
    let clock = Arc::new(ManualClock::new(service.services().now()));
    let services = service.services_with_clock(Arc::<ManualClock>::clone(&clock));
    let tenant: TenantId = owner.tenant_id.parse().expect("an id");
    let key_of = |tenant_id| BlobKey {
        tenant_id,
        blob_id: BlobId::from_uuid(services.ids.next()),
    };
    let orphan = key_of(tenant);
    let foreign = key_of(TenantId::from_uuid(services.ids.next()));
    // An upload whose bytes are complete, but not published.
    let open = key_of(tenant);
    let backend = services.blobs.default_name().clone();
    let intent = Blob::open(open.blob_id, tenant, backend, 0, services.now());
    let store = store_of(&services, tenant).await;
    let mut work = store.begin();
    work.blobs().add(&intent);
    store.commit(work).await.expect("an intent");
    for key in [orphan, foreign, open] {
        put(&services, key).await;
    }

    assert_eq!(remove_orphans(&services).await.expect("compared"), 0);
    assert!(exists(&services, orphan).await, "it is young");
    clock.advance(Duration::from_hours(25));
    assert_eq!(remove_orphans(&services).await.expect("compared"), 1);
    assert!(!exists(&services, orphan).await);
    assert!(exists(&services, foreign).await, "its tenant is unknown");
    assert!(exists(&services, open).await, "it has an intent");
    let id = file["id"].as_str().expect("an id");
    assert_eq!(owner.download(id).await.expect(200).body, "content");
}
