//! The store and the assertions of metadata cases.

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

/// An empty store with samples of rows.
pub struct World {
    /// Creates rows.
    pub samples: Samples,
    /// The store under test.
    pub store: Arc<dyn PlatformStore>,
    /// The number of files in a large unit, each with a version.
    pub(super) large_unit: u32,
    _keep: Box<dyn Any + Send + Sync>,
}

/// The quota of a company, in bytes.
pub(super) const ROOM: u64 = 1_000_000;

impl World {
    /// Wraps an empty store. `keep` is dropped after it, such as its folder.
    pub fn new(store: Arc<dyn PlatformStore>, keep: impl Any + Send + Sync) -> Self {
        Self {
            samples: Samples::default(),
            store,
            large_unit: 3_000,
            _keep: Box::new(keep),
        }
    }

    /// Limits large units, for a server that is slow.
    #[must_use]
    pub fn with_large_unit(mut self, files: u32) -> Self {
        self.large_unit = files;
        self
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

    /// Adds an active tenant with a quota of [`ROOM`] bytes and opens it.
    pub(super) async fn company(&self, name: &str) -> Company {
        self.company_with_room(name, ROOM).await
    }

    /// Adds an active tenant with a quota of `room` bytes and opens it.
    pub(super) async fn company_with_room(&self, name: &str, room: u64) -> Company {
        let tenant = self.samples.tenant(name);
        self.commit(|work| {
            work.tenants().add(&tenant);
            work.open_quota(tenant.id, room);
        })
        .await
        .done();
        let store = self.store.open(active(tenant.id)).await.value();
        Company {
            id: tenant.id,
            store,
        }
    }

    /// Returns the stored tenant.
    pub(super) async fn tenant(&self, id: TenantId) -> Tenant {
        let tenant = self.store.tenants().lookup(id).await.value();
        tenant.expect("the tenant is there")
    }
}

/// Returns the witness of a tenant that is active, or was.
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

    /// Returns the tenant's own space.
    pub(super) fn place(&self) -> Place {
        Place::Company(self.id)
    }
}

/// The expected result of a read.
pub(super) trait ReadOutcome<T> {
    /// Returns the value; panics if the read failed.
    fn value(self) -> T;

    /// Returns the kind of the failure; panics if the read succeeded.
    fn failure(self) -> PortErrorKind;
}

impl<T> ReadOutcome<T> for Result<T, PortError> {
    fn value(self) -> T {
        self.expect("the read succeeds")
    }

    fn failure(self) -> PortErrorKind {
        self.err().expect("the read fails").kind
    }
}

/// The expected result of a commit.
pub(super) trait Outcome {
    /// Panics if the unit was not applied.
    fn done(self);

    /// Returns the refusal; panics if the unit was not refused.
    fn refusal(self) -> Refusal;

    /// Returns the kind of the failure; panics if the commit did not fail.
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
