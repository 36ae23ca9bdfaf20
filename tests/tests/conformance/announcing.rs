//! The store that publishes signals after commits.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{
    future::{Ready, ready},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use tenantry_application::{
    AnnouncingStore,
    ports::{EpochSubject, PlatformStore, PortError, Signal, Signals},
    work::PlatformWork,
};
use tenantry_crypto::{SystemClock, UuidV7Ids};
use tenantry_domain::tenant::{ActiveTenant, TenantStatus};
use tenantry_memory::{MemorySignals, MemoryStore};
use tenantry_tests::conformance::{
    metadata::World,
    samples::{NOW, Samples},
};

fn store() -> Ready<World> {
    let store = AnnouncingStore::new(
        Arc::new(MemoryStore::new()),
        Arc::<MemorySignals>::default(),
        Arc::new(SystemClock),
        Arc::new(UuidV7Ids),
    );
    ready(World::new(Arc::new(store), ()))
}

tenantry_tests::metadata_suite!(store);

/// Records published signals.
#[derive(Default)]
struct RecordedSignals(Mutex<Vec<Signal>>);

impl RecordedSignals {
    fn take(&self) -> Vec<Signal> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

#[async_trait]
impl Signals for RecordedSignals {
    fn publish(&self, signals: &[Signal]) {
        self.0.lock().expect("no panic").extend(signals);
    }

    fn subscribe(&self) -> BoxStream<'static, Signal> {
        stream::pending().boxed()
    }

    async fn probe(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[tokio::test]
async fn only_commits_publish_signals() {
    let published = Arc::<RecordedSignals>::default();
    let signals: Arc<dyn Signals> = published.clone();
    let store = AnnouncingStore::new(
        Arc::new(MemoryStore::new()),
        signals,
        Arc::new(SystemClock),
        Arc::new(UuidV7Ids),
    );
    let samples = Samples::default();
    let ann = samples.person("ann@example.com");
    let acme = samples.tenant("acme");

    let mut work = PlatformWork::new();
    work.identities().add(&ann);
    work.tenants().add(&acme);
    store.commit(work).await.expect("committed");
    assert_eq!(published.take(), []);

    let membership = samples.membership(acme.id, ann.id, &[]);
    let joins = || {
        let mut work = PlatformWork::new();
        work.memberships(NOW).add(&membership);
        work
    };
    store.commit(joins()).await.expect("committed");
    let raised = Signal::EpochRaised(EpochSubject::User(ann.id));
    assert_eq!(published.take(), [raised]);
    store.commit(joins()).await.expect_err("a refusal");
    assert_eq!(published.take(), []);

    let mut job = samples.job(Some(acme.id));
    let active = ActiveTenant::of(acme.id, TenantStatus::Active).expect("active");
    let tenant = store.open(active).await.expect("open");
    let mut work = tenant.begin();
    work.jobs().add(&job);
    tenant.commit(work).await.expect("committed");
    assert_eq!(published.take(), [Signal::JobsAdded]);
    // The end of a job publishes nothing.
    let claimed = store
        .jobs()
        .claim("worker", NOW, std::time::Duration::from_mins(1));
    job = claimed.await.expect("claimed").expect("a job");
    job.succeed(NOW).expect("running");
    let mut work = PlatformWork::new();
    work.jobs(Some(acme.id)).update(&job);
    store.commit(work).await.expect("committed");
    assert_eq!(published.take(), []);
}
