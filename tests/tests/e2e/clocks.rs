//! Clocks that jump, forward and back.

use std::{sync::Arc, time::Duration};

use tenantry_application::{
    Error, RequestInfo, Services, auth::refresh, ports::TenantStore, upkeep::Sweeper,
};
use tenantry_domain::{
    blob::{Blob, BlobState},
    id::{BlobId, TenantId},
    tenant::{ActiveTenant, TenantStatus},
};
use tenantry_memory::testing::ManualClock;
use tenantry_tests::harness::TestService;

const DAYS: Duration = Duration::from_hours(48);

/// A tenant with an upload in progress, and a sweeper.
struct World {
    /// Keeps running.
    _service: TestService,
    clock: Arc<ManualClock>,
    services: Services,
    store: Arc<dyn TenantStore>,
    upload: BlobId,
    sweeper: Sweeper,
}

impl World {
    async fn new() -> Self {
        // Its own sweeper, with the real clock, must not interfere.
        let service = TestService::with(&[("TENANTRY_WORKER__INLINE", "false")]).await;
        let owner = service.company("acme").await;
        let tenant: TenantId = owner.tenant_id.parse().expect("an id");
        let clock = Arc::new(ManualClock::new(service.services().now()));
        let services = service.services_with_clock(Arc::<ManualClock>::clone(&clock));
        let active = ActiveTenant::of(tenant, TenantStatus::Active).expect("active");
        let store = services.store.open(active).await.expect("an open store");
        let upload = BlobId::from_uuid(services.ids.next());
        let backend = services.blobs.default_name().clone();
        let intent = Blob::open(upload, tenant, backend, 10, services.now());
        let mut work = store.begin();
        work.blobs().add(&intent);
        work.quota().reserve(10);
        store.commit(work).await.expect("an intent");
        Self {
            _service: service,
            clock,
            services,
            store,
            upload,
            sweeper: Sweeper::default(),
        }
    }

    async fn blob(&self) -> Option<Blob> {
        self.store.blobs().lookup(self.upload).await.expect("read")
    }

    async fn heartbeat(&self) {
        let mut blob = self.blob().await.expect("an upload");
        blob.heartbeat(self.services.now()).expect("open");
        let mut work = self.store.begin();
        work.blobs().update(&blob);
        self.store.commit(work).await.expect("a heartbeat");
    }

    /// Sweeps once, and returns whether the upload is open.
    async fn survives_a_sweep(&mut self) -> bool {
        self.sweeper.run(&self.services).await.expect("swept");
        let blob = self.blob().await;
        blob.is_some_and(|blob| matches!(blob.state, BlobState::Open { .. }))
    }
}

#[tokio::test]
async fn an_upload_survives_jumps_of_the_clock() {
    let mut world = World::new().await;
    assert!(world.survives_a_sweep().await);
    let now = world.services.now();
    for to in [now.plus(DAYS), now, now.minus(DAYS), now] {
        world.clock.set(to);
        assert!(
            world.survives_a_sweep().await,
            "it had no time for a heartbeat"
        );
        world.heartbeat().await;
        assert!(world.survives_a_sweep().await);
    }
}

#[tokio::test]
async fn a_dead_upload_is_swept_after_jumps_of_the_clock() {
    for forward in [true, false] {
        let mut world = World::new().await;
        let now = world.services.now();
        world.clock.set(if forward {
            now.plus(DAYS)
        } else {
            now.minus(DAYS)
        });
        assert!(world.survives_a_sweep().await);
        assert!(!world.survives_a_sweep().await);
        let quota = world.store.quota().current().await.expect("a quota");
        assert_eq!(quota.reserved_bytes, 0);
    }
}

#[tokio::test]
async fn an_upload_is_dead_after_missed_heartbeats() {
    let mut world = World::new().await;
    let timeout = world.services.settings.upload_timeout;
    world.clock.advance(timeout);
    assert!(world.survives_a_sweep().await);
    assert!(world.survives_a_sweep().await);
    world.clock.advance(Duration::from_secs(1));
    assert!(world.survives_a_sweep().await);
    assert!(!world.survives_a_sweep().await);
}

#[tokio::test]
async fn a_session_ends_however_often_it_is_refreshed() {
    const DAY: Duration = Duration::from_hours(24);
    let service = TestService::with(&[("TENANTRY_WORKER__INLINE", "false")]).await;
    let owner = service.company("acme").await;
    let clock = Arc::new(ManualClock::new(service.services().now()));
    let services = service.services_with_clock(Arc::<ManualClock>::clone(&clock));
    let start = services.now();
    let request = RequestInfo::default();
    let mut token = owner.refresh_token.expect("signed in");
    for days in [29, 58, 87] {
        clock.set(start.plus(DAY * days));
        let pair = refresh(&services, &token, &request).await;
        token = pair.expect("a pair of tokens").refresh_token;
    }
    clock.set(start.plus(DAY * 90));
    let refused = refresh(&services, &token, &request).await;
    assert!(matches!(refused, Err(Error::Unauthorized)), "{refused:?}");
}
