//! The upkeep that is done every so often.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use tenantry_application::{
    Result, Services, audit,
    upkeep::{self, AccessWatch, SweepReport},
};

use tokio_util::sync::CancellationToken;

use crate::background::Chore;

/// Seals audit entries.
pub(crate) struct Seal;

#[async_trait]
impl Chore for Seal {
    const NAME: &'static str = "seal the audit log";

    async fn round(&mut self, services: &Services) -> Result<()> {
        audit::seal_chains(services).await.map(drop)
    }
}

/// Ends what broke off.
pub(crate) struct Sweep;

#[async_trait]
impl Chore for Sweep {
    const NAME: &'static str = "sweep";

    async fn round(&mut self, services: &Services) -> Result<()> {
        let report = upkeep::sweep(services).await?;
        if report != SweepReport::default() {
            tracing::info!(
                uploads = report.uploads,
                blobs = report.blobs,
                staging = report.staging,
                sessions = report.sessions,
                requests = report.requests,
                "swept"
            );
        }
        Ok(())
    }
}

#[async_trait]
impl Chore for AccessWatch {
    const NAME: &'static str = "watch access";

    async fn round(&mut self, services: &Services) -> Result<()> {
        self.look(services).await
    }
}

/// Hears between two looks what is told of it, until `stop` is
/// cancelled.
pub(crate) async fn hear_of_access(services: Arc<Services>, stop: CancellationToken) {
    let mut signals = services.signals.subscribe();
    while let Some(Some(signal)) = stop.run_until_cancelled(signals.next()).await {
        upkeep::hear_of_access(&services, signal);
    }
}
