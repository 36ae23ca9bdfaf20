//! Runs durable jobs and the periodic upkeep, in `serve` or on its own.
//!
//! Nothing here decides anything: each loop calls one use case again and
//! again, waits in between, and ends when it is told to.

mod background;
mod chores;
mod jobs;

use std::{sync::Arc, time::Duration};

use tenantry_application::{Services, upkeep::AccessWatch};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::chores::{Seal, Sweep};

/// How a worker works.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// Its name, in leases and logs.
    pub name: String,
    /// How many jobs at once; at least one.
    pub concurrency: usize,
    /// How long a job is its own without a sign of life.
    pub lease: Duration,
    /// How long to wait for a wake-up before looking all the same.
    pub poll: Duration,
    /// How often to seal audit entries.
    pub seal_every: Duration,
    /// How often to sweep.
    pub sweep_every: Duration,
}

/// Works until `stop` is cancelled and the jobs under way are done. Whoever
/// cannot wait drops the future: leases bring unfinished jobs back.
pub async fn run(services: Arc<Services>, options: WorkerOptions, stop: CancellationToken) {
    let mut tasks = JoinSet::new();
    let wakeups = watch::Sender::new(());
    // Before anybody looks: what comes afterwards wakes them.
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
    let seal = background::repeat(
        Seal,
        options.seal_every,
        Arc::clone(&services),
        stop.clone(),
    );
    tasks.spawn(seal);
    tasks.spawn(background::repeat(
        Sweep,
        options.sweep_every,
        services,
        stop,
    ));
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a worker task ended by a fault");
        }
    }
}

/// Watches for changes of what callers may do until `stop` is cancelled. Every
/// process that answers requests runs it: without it nothing is kept close.
pub async fn watch_access(services: Arc<Services>, stop: CancellationToken) {
    let heard = chores::hear_of_access(Arc::clone(&services), stop.clone());
    let watched = background::repeat(AccessWatch::default(), AccessWatch::EVERY, services, stop);
    tokio::join!(heard, watched);
}
