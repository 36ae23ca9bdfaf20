//! Runs durable jobs and periodic maintenance, within `serve` or as a separate
//! process.
//!
//! The loops contain no logic: each calls one use case repeatedly until it is
//! cancelled.

mod jobs;
mod maintenance;
mod periodic;

use std::{sync::Arc, time::Duration};

use tenantry_application::{
    Services,
    audit::{ChainSealer, HeadPublisher},
    upkeep::{AccessWatch, Sweeper},
};
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;

use crate::maintenance::{JobRecovery, OrphanRemoval};

/// The settings of a worker.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// The name in leases and logs, which no other process uses or has used.
    pub name: String,
    /// The number of concurrent jobs; at least one.
    pub concurrency: usize,
    /// The time after which a job's lease expires without a heartbeat.
    pub lease: Duration,
    /// The interval at which the queue is polled without a wake-up.
    pub poll: Duration,
    /// The interval between runs that seal audit entries.
    pub seal_every: Duration,
    /// The interval between publications of the heads of audit chains.
    pub publish_heads_every: Duration,
    /// The interval between sweeps.
    pub sweep_every: Duration,
}

/// A task of the worker panicked, which leaves its work undone.
#[derive(Debug, thiserror::Error)]
#[error("a task of the worker panicked: {0}; restart the process")]
pub struct TaskPanic(#[from] JoinError);

/// Runs jobs and periodic tasks until `stop` is cancelled and the running jobs
/// are finished. Dropping the future stops immediately: unfinished jobs are
/// retried once their lease expires.
///
/// # Errors
///
/// Fails as soon as a task panics, and stops the others.
pub async fn run(
    services: Arc<Services>,
    options: WorkerOptions,
    stop: CancellationToken,
) -> Result<(), TaskPanic> {
    let mut tasks = JoinSet::new();
    let registered = tenantry_application::jobs::register(&services, &options.name);
    if let Err(error) = registered.await {
        let source = std::error::Error::source(&error);
        tracing::warn!(
            %error,
            source,
            "cannot lock the file of this worker: its jobs are taken over only when their leases expire"
        );
    }
    let wakeups = watch::Sender::new(());
    // Subscribed before the workers query the queue, so that no signal is missed.
    let signals = services.signals.subscribe();
    for number in 0..options.concurrency.max(1) {
        let name = format!("{}/{number}", options.name);
        tasks.spawn(jobs::work(
            Arc::clone(&services),
            name,
            options.lease,
            options.poll,
            wakeups.subscribe(),
            stop.clone(),
        ));
    }
    tasks.spawn(jobs::wake(signals, wakeups, stop.clone()));
    let seal = periodic::repeat(
        ChainSealer::default(),
        options.seal_every,
        Arc::clone(&services),
        stop.clone(),
    );
    tasks.spawn(seal);
    tasks.spawn(periodic::repeat(
        HeadPublisher::default(),
        options.publish_heads_every,
        Arc::clone(&services),
        stop.clone(),
    ));
    tasks.spawn(periodic::repeat(
        JobRecovery,
        JobRecovery::EVERY,
        Arc::clone(&services),
        stop.clone(),
    ));
    tasks.spawn(periodic::repeat(
        OrphanRemoval,
        OrphanRemoval::EVERY,
        Arc::clone(&services),
        stop.clone(),
    ));
    tasks.spawn(periodic::repeat(
        Sweeper::default(),
        options.sweep_every,
        services,
        stop,
    ));
    supervise(tasks).await
}

/// Waits until all tasks have ended, or one has panicked.
async fn supervise(mut tasks: JoinSet<()>) -> Result<(), TaskPanic> {
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}

/// Watches for permission changes until `stop` is cancelled. Every process that
/// serves requests runs it; without it, permissions are not cached.
///
/// # Errors
///
/// Fails as soon as a task panics.
pub async fn watch_access(
    services: Arc<Services>,
    stop: CancellationToken,
) -> Result<(), TaskPanic> {
    let mut tasks = JoinSet::new();
    let signals = maintenance::apply_access_signals(Arc::clone(&services), stop.clone());
    tasks.spawn(signals);
    let watch = periodic::repeat(AccessWatch::default(), AccessWatch::EVERY, services, stop);
    tasks.spawn(watch);
    supervise(tasks).await
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "the task under test panics")]

    use super::*;

    #[tokio::test]
    async fn a_panic_ends_the_other_tasks() {
        let mut tasks = JoinSet::new();
        tasks.spawn(std::future::pending());
        tasks.spawn(async { panic!("a fault") });
        assert!(supervise(tasks).await.is_err());
        let mut tasks = JoinSet::new();
        tasks.spawn(async {});
        assert!(supervise(tasks).await.is_ok());
    }
}
