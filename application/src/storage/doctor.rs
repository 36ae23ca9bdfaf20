//! Checking the storage backends.

use futures_util::future::join_all;
use tenantry_domain::blob::BackendName;

use crate::{
    caller::PlatformCaller,
    error::{Error, Result},
    idempotency::{Attempt, KeyOwner, KeyedRequest, Replayable},
    ports::{BlobCheck, BlobStore, CheckOutcome, RateRule},
    services::Services,
    transfers::{SignedBy, presigning},
    work::PlatformWork,
};

/// The checks that a backend without presigning leaves to the service.
const PRESIGNED: [&str; 2] = ["presigned_get", "presigned_put"];

/// The checks of one backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendReport {
    /// The backend's name.
    pub name: BackendName,
    /// The kind of backend: `local`, `s3`.
    pub kind: &'static str,
    /// The checks and their outcomes.
    pub checks: Vec<BlobCheck>,
}

impl BackendReport {
    /// Returns whether no check failed.
    pub fn is_healthy(&self) -> bool {
        let mut outcomes = self.checks.iter().map(|check| check.outcome);
        outcomes.all(|outcome| outcome != CheckOutcome::Failed)
    }
}

/// Checks every backend. Rate-limited per administrator, since the objects it
/// writes count towards no quota.
pub async fn doctor(
    services: &Services,
    caller: &PlatformCaller,
    request: Option<KeyedRequest<Vec<BackendReport>>>,
) -> Result<Replayable<Vec<BackendReport>>> {
    let administrator = caller.user_id.to_string();
    let rates = services.rates.check(RateRule::Examination, &administrator);
    let decision = rates.await?;
    if !decision.allowed {
        return Err(Error::RateLimited {
            retry_after: decision.reset_after,
        });
    }
    let owner = KeyOwner::platform(caller);
    let attempt = Attempt::start(services, owner, "storage.doctor", request).await?;
    let run = async {
        let reports = examine(services).await;
        if attempt.has_key() {
            let mut work = PlatformWork::new();
            attempt.record(work.idempotency(None), &reports)?;
            services.store.commit(work).await?;
        }
        Ok(reports)
    };
    attempt.run(run).await
}

/// Checks every backend by writing, reading and deleting temporary objects.
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

/// Returns the backend's own checks, and those of what the service does in its
/// place.
async fn checks(services: &Services, store: &dyn BlobStore) -> Vec<BlobCheck> {
    let mut checks = store.examine().await;
    if presigning(store).by == SignedBy::Service {
        let advice = match &services.settings.public_url {
            Some(_) => "the service signs and serves these URLs itself",
            None => {
                "the service signs and serves these URLs itself: set http.public_url to \
                 make them absolute"
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
