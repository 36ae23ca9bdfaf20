//! The upkeep that is done every so often.

use async_trait::async_trait;
use tenantry_application::{
    Result, Services, audit,
    upkeep::{self, AccessWatch, SweepReport},
};

use crate::background::Chore;

/// Seals audit entries.
pub(crate) struct Seal;

#[async_trait]
impl Chore for Seal {
    const NAME: &'static str = "seal the audit log";

    async fn round(&mut self, on: &Services) -> Result<()> {
        audit::seal_chains(on).await.map(drop)
    }
}

/// Ends what broke off.
pub(crate) struct Sweep;

#[async_trait]
impl Chore for Sweep {
    const NAME: &'static str = "sweep";

    async fn round(&mut self, on: &Services) -> Result<()> {
        let report = upkeep::sweep(on).await?;
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

    async fn round(&mut self, on: &Services) -> Result<()> {
        self.look(on).await
    }
}
