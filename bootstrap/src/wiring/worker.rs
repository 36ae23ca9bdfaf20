//! The worker.

use std::time::Duration;

use tenantry_config::sections::WorkerConfig;
use tenantry_worker::WorkerOptions;

use super::clock::ids;

/// Returns the options of the worker, with a name that is never used again.
pub fn worker_options(config: &WorkerConfig) -> WorkerOptions {
    WorkerOptions {
        name: format!("worker-{}-{}", std::process::id(), ids().next().simple()),
        concurrency: config.concurrency,
        lease: Duration::from_secs(config.lease_seconds),
        poll: Duration::from_secs(config.poll_seconds),
        seal_every: Duration::from_secs(config.audit_seal_seconds),
        publish_heads_every: Duration::from_secs(config.audit_head_seconds),
        sweep_every: Duration::from_secs(config.sweep_interval_seconds),
    }
}
