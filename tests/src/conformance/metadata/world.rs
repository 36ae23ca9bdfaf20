//! What cases of the metadata store are told with.

use std::{any::Any, sync::Arc};

use tenantry_application::{
    ports::{CommitError, PlatformStore, PortError, PortErrorKind, Refusal, TenantStore},
    work::{PlatformWork, TenantWork},
};
use tenantry_domain::{
    file::Place,
    id::TenantId,
    tenant::{ActiveTenant, Tenant, TenantStatus},
};

use crate::conformance::samples::Samples;

/// A fresh store, and rows to fill it with.
pub struct World {
    /// Makes rows.
    pub samples: Samples,
    /// The store under test.
    pub store: Arc<dyn PlatformStore>,
    _keep: Box<dyn Any + Send + Sync>,
}

/// How many bytes a company of a case may store.
pub(super) const ROOM: u64 = 1_000_000;

impl World {
    /// The world of an empty store. `keep` is what must outlive it, such as
    /// the folder it lies in.
    pub fn new(store: Arc<dyn PlatformStore>, keep: impl Any + Send + Sync) -> Self {
        Self {
            samples: Samples::default(),
            store,
            _keep: Box::new(keep),
        }
    }

    /// Commits a platform unit.
    pub(super) async fn commit(
        &self,
        record: impl FnOnce(&mut PlatformWork),
    ) -> Result<(), CommitError> {
        let mut work = PlatformWork::new();
        record(&mut work);
        self.store.commit(work).await
    }

    /// An active tenant with a ledger of [`ROOM`] bytes, and its handle.
    pub(super) async fn company(&self, name: &str) -> Company {
        self.company_with_room(name, ROOM).await
    }

    /// The same with other room.
    pub(super) async fn company_with_room(&self, name: &str, room: u64) -> Company {
        let tenant = self.samples.tenant(name);
        self.commit(|work| {
            work.tenants().add(&tenant);
            work.open_quota(tenant.id, room);
        })
        .await
        .done();
        let store = self.store.open(active(tenant.id)).await.answer();
        Company {
            id: tenant.id,
            store,
        }
    }

    /// The tenant as it is stored.
    pub(super) async fn tenant(&self, id: TenantId) -> Tenant {
        let tenant = self.store.tenants().lookup(id).await.answer();
        tenant.expect("the tenant is there")
    }
}

/// The witness for a tenant that a case knows to be active, or was.
pub(super) fn active(tenant: TenantId) -> ActiveTenant {
    ActiveTenant::of(tenant, TenantStatus::Active).expect("active")
}

/// A tenant's handle.
pub(super) struct Company {
    pub(super) id: TenantId,
    pub(super) store: Arc<dyn TenantStore>,
}

impl Company {
    /// Commits a unit of the tenant.
    pub(super) async fn commit(
        &self,
        record: impl FnOnce(&mut TenantWork),
    ) -> Result<(), CommitError> {
        let mut work = self.store.begin();
        record(&mut work);
        self.store.commit(work).await
    }

    /// Its own space.
    pub(super) fn place(&self) -> Place {
        Place::Company(self.id)
    }
}

/// What a case expects of a read.
pub(super) trait Answer<T> {
    /// The answer, which the store must give.
    fn answer(self) -> T;

    /// The failure that the store must give instead.
    fn failure(self) -> PortErrorKind;
}

impl<T> Answer<T> for Result<T, PortError> {
    fn answer(self) -> T {
        self.expect("the store answers")
    }

    fn failure(self) -> PortErrorKind {
        self.err().expect("the store fails").kind
    }
}

/// What a case expects of a commit.
pub(super) trait Outcome {
    /// The unit must be applied.
    fn done(self);

    /// The unit must be refused, and why.
    fn refusal(self) -> Refusal;

    /// The unit must fail, and how.
    fn failure(self) -> PortErrorKind;
}

impl Outcome for Result<(), CommitError> {
    fn done(self) {
        self.expect("the unit is applied");
    }

    fn refusal(self) -> Refusal {
        match self.expect_err("the unit is refused") {
            CommitError::Refused(refusal) => refusal,
            CommitError::Failed(error) => panic!("failed, not refused: {error:?}"),
        }
    }

    fn failure(self) -> PortErrorKind {
        match self.expect_err("the unit fails") {
            CommitError::Failed(error) => error.kind,
            CommitError::Refused(refusal) => panic!("refused, did not fail: {refusal}"),
        }
    }
}
