//! The store whose commits are told: it is like the one behind it, and tells.

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
    );
    ready(World::new(Arc::new(store), ()))
}

tenantry_tests::metadata_suite!(store);

/// Remembers what it was to tell.
#[derive(Default)]
struct Told(Mutex<Vec<Signal>>);

impl Told {
    fn take(&self) -> Vec<Signal> {
        std::mem::take(&mut *self.0.lock().expect("no fault"))
    }
}

#[async_trait]
impl Signals for Told {
    fn publish(&self, signals: &[Signal]) {
        self.0.lock().expect("no fault").extend(signals);
    }

    fn subscribe(&self) -> BoxStream<'static, Signal> {
        stream::pending().boxed()
    }

    async fn probe(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[tokio::test]
async fn what_is_committed_is_told_and_nothing_else() {
    let told = Arc::<Told>::default();
    let signals: Arc<dyn Signals> = told.clone();
    let store = AnnouncingStore::new(Arc::new(MemoryStore::new()), signals);
    let samples = Samples::default();
    let ann = samples.person("ann@example.com");
    let acme = samples.tenant("acme");

    let mut work = PlatformWork::new();
    work.identities().add(&ann);
    work.tenants().add(&acme);
    store.commit(work).await.expect("committed");
    assert_eq!(told.take(), []);

    let membership = samples.membership(acme.id, ann.id, &[]);
    let joins = || {
        let mut work = PlatformWork::new();
        work.memberships(NOW).add(&membership);
        work
    };
    store.commit(joins()).await.expect("committed");
    let raised = Signal::EpochRaised(EpochSubject::User(ann.id));
    assert_eq!(told.take(), [raised]);
    store.commit(joins()).await.expect_err("refused");
    assert_eq!(told.take(), []);

    let mut job = samples.job(Some(acme.id));
    let active = ActiveTenant::of(acme.id, TenantStatus::Active).expect("active");
    let tenant = store.open(active).await.expect("open");
    let mut work = tenant.begin();
    work.jobs().add(&job);
    tenant.commit(work).await.expect("committed");
    assert_eq!(told.take(), [Signal::JobsAdded]);
    // The end of a job is nobody else's business.
    let claimed = store
        .jobs()
        .claim("worker", NOW, std::time::Duration::from_mins(1));
    job = claimed.await.expect("an answer").expect("a job");
    job.succeed(NOW).expect("running");
    let mut work = PlatformWork::new();
    work.jobs(Some(acme.id)).update(&job);
    store.commit(work).await.expect("committed");
    assert_eq!(told.take(), []);
}
