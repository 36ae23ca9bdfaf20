//! How the storage backends are.

use futures_util::future::join_all;
use tenantry_domain::{blob::BackendName, permission::Permission};

use crate::{
    caller::Caller,
    error::Result,
    ports::{BlobCheck, CheckOutcome},
    services::Services,
};

/// What was tried on a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendReport {
    /// Its name.
    pub name: BackendName,
    /// What it is: `local`, `s3`.
    pub kind: &'static str,
    /// What was tried, and how it went.
    pub checks: Vec<BlobCheck>,
}

impl BackendReport {
    /// Whether nothing failed.
    pub fn is_well(&self) -> bool {
        let mut outcomes = self.checks.iter().map(|check| check.outcome);
        outcomes.all(|outcome| outcome != CheckOutcome::Failed)
    }
}

/// Tries every backend, for whoever may change where files lie.
pub async fn doctor(on: &Services, caller: &Caller) -> Result<Vec<BackendReport>> {
    caller.require(Permission::StorageWrite)?;
    Ok(examine(on).await)
}

/// Tries every backend: writes, reads and deletes objects of its own there.
pub async fn examine(on: &Services) -> Vec<BackendReport> {
    let reports = on.blobs.iter().map(async |(name, store)| BackendReport {
        name: name.clone(),
        kind: store.capabilities().kind,
        checks: store.examine().await,
    });
    join_all(reports).await
}
