//! How the storage backends are.

use futures_util::future::join_all;
use tenantry_domain::{blob::BackendName, permission::Permission};

use crate::{
    caller::Caller,
    error::{Error, Result},
    ports::{BlobCheck, BlobStore, CheckOutcome, RateRule},
    services::Services,
    transfers::{SignedBy, presigning},
};

/// The checks of storages that sign by themselves.
const PRESIGNED: [&str; 2] = ["presigned_get", "presigned_put"];

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

/// Tries every backend, for whoever may change where files lie; a tenant may
/// ask for it so often, as what is written counts towards no quota.
pub async fn doctor(services: &Services, caller: &Caller) -> Result<Vec<BackendReport>> {
    caller.require(Permission::StorageWrite)?;
    let tenant = caller.tenant_id().to_string();
    let decision = services.rates.check(RateRule::Examination, &tenant).await?;
    if !decision.allowed {
        return Err(Error::RateLimited {
            retry_after: decision.reset_after,
        });
    }
    Ok(examine(services).await)
}

/// Tries every backend: writes, reads and deletes objects of its own there.
pub async fn examine(services: &Services) -> Vec<BackendReport> {
    let reports = services
        .blobs
        .iter()
        .map(async |(name, store)| BackendReport {
            name: name.clone(),
            kind: store.capabilities().kind,
            checks: checks(services, store.as_ref()).await,
        });
    join_all(reports).await
}

/// What a storage finds of itself, and what the service does in its stead.
async fn checks(services: &Services, store: &dyn BlobStore) -> Vec<BlobCheck> {
    let mut checks = store.examine().await;
    if presigning(store).by == SignedBy::Service {
        let advice = match &services.settings.public_url {
            Some(_) => "the service signs and serves these itself",
            None => {
                "the service signs and serves these itself: without http.public_url they are \
                 relative to the API"
            }
        };
        checks.extend(PRESIGNED.map(|name| BlobCheck {
            name,
            outcome: CheckOutcome::Ok,
            advice: advice.to_owned(),
        }));
    }
    checks
}
