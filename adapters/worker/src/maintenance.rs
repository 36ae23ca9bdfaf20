//! The periodic tasks.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::StreamExt;
use tenantry_application::{
    Result, Services,
    audit::{ChainSealer, HeadPublisher},
    jobs,
    upkeep::{self, AccessWatch, SweepReport, Sweeper},
};
use tokio_util::sync::CancellationToken;

use crate::periodic::PeriodicTask;

#[async_trait]
impl PeriodicTask for ChainSealer {
    const NAME: &'static str = "seal the audit log";

    async fn run(&mut self, services: &Services) -> Result<()> {
        Self::run(self, services).await.map(drop)
    }
}

#[async_trait]
impl PeriodicTask for HeadPublisher {
    const NAME: &'static str = "publish the heads of audit chains";

    async fn run(&mut self, services: &Services) -> Result<()> {
        Self::run(self, services).await.map(drop)
    }
}

#[async_trait]
impl PeriodicTask for Sweeper {
    const NAME: &'static str = "sweep";

    async fn run(&mut self, services: &Services) -> Result<()> {
        let report = Self::run(self, services).await?;
        if report != SweepReport::default() {
            tracing::info!(
                uploads = report.uploads,
                blobs = report.blobs,
                staging = report.staging,
                sessions = report.sessions,
                requests = report.requests,
                "sweep removed expired data"
            );
        }
        Ok(())
    }
}

/// A task that makes the jobs of ended processes due.
pub(crate) struct JobRecovery;

impl JobRecovery {
    /// The interval between runs, which list a small directory.
    pub(crate) const EVERY: Duration = Duration::from_secs(2);
}

#[async_trait]
impl PeriodicTask for JobRecovery {
    const NAME: &'static str = "recover jobs";

    async fn run(&mut self, services: &Services) -> Result<()> {
        let count = jobs::recover(services).await?;
        if count > 0 {
            tracing::info!(count, "jobs of ended processes are due again");
        }
        Ok(())
    }
}

/// A task that deletes objects without a record.
pub(crate) struct OrphanRemoval;

impl OrphanRemoval {
    /// The interval between runs, which list all objects.
    pub(crate) const EVERY: Duration = Duration::from_hours(24);
}

#[async_trait]
impl PeriodicTask for OrphanRemoval {
    const NAME: &'static str = "remove orphaned objects";

    async fn run(&mut self, services: &Services) -> Result<()> {
        let count = upkeep::remove_orphans(services).await?;
        if count > 0 {
            tracing::info!(count, "removed orphaned objects");
        }
        Ok(())
    }
}

#[async_trait]
impl PeriodicTask for AccessWatch {
    const NAME: &'static str = "watch access";

    async fn run(&mut self, services: &Services) -> Result<()> {
        self.poll(services).await
    }
}

/// Applies access signals as they arrive, until `stop` is cancelled.
pub(crate) async fn apply_access_signals(services: Arc<Services>, stop: CancellationToken) {
    let mut signals = services.signals.subscribe();
    while let Some(Some(signal)) = stop.run_until_cancelled(signals.next()).await {
        upkeep::invalidate_access(&services, signal);
    }
}
