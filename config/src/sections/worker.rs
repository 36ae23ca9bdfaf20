//! `worker`: background jobs and cleanup.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;

/// The minimum lease, so that a worker does not lose its job during a short pause.
const MIN_LEASE_SECONDS: u64 = 10;
/// The minimum grace period of an upload, so that it survives a short interruption.
const MIN_UPLOAD_GRACE_SECONDS: u64 = 10;

/// Background jobs and cleanup.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// Whether the process that serves the API also runs jobs; otherwise run `tenantry worker`.
    pub inline: bool,
    /// The port on `http.host` where `tenantry worker` serves `/health` and `/version`. Without it
    /// they are not served.
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// The maximum number of concurrent jobs.
    #[schemars(range(min = 1, max = 256))]
    pub concurrency: usize,
    /// The lease of a job, in seconds: without a heartbeat for this time, another worker takes it.
    /// There are three heartbeats in a lease. On SQLite, the jobs of a process that has ended are
    /// taken at once. At least 10 except in the profile testing.
    #[schemars(range(min = 1, max = 3600))]
    pub lease_seconds: u64,
    /// The interval between polls for new jobs, in seconds. Signals usually arrive sooner.
    #[schemars(range(min = 1, max = 300))]
    pub poll_seconds: u64,
    /// The interval between sweeps of expired and abandoned data, in seconds.
    #[schemars(range(min = 1, max = 86_400))]
    pub sweep_interval_seconds: u64,
    /// The interval between heartbeats of an upload in progress, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub upload_heartbeat_seconds: u64,
    /// The time without a heartbeat after which an upload counts as dead, in seconds: its
    /// idempotency key can be used again, and soon its reservation is released. At least twice the
    /// interval of heartbeats.
    #[schemars(range(min = 2, max = 604_800))]
    pub upload_timeout_seconds: u64,
    /// The time after which deleted content and the leftovers of interrupted writes are removed, in
    /// seconds. At least 10 except in the profile testing.
    #[schemars(range(min = 2, max = 604_800))]
    pub upload_grace_seconds: u64,
    /// The interval between seals of new audit entries, in seconds.
    #[schemars(range(min = 1, max = 60))]
    pub audit_seal_seconds: u64,
    /// The interval between log lines with the new ends of audit chains, in seconds. The ends prove
    /// later that no chain was truncated (docs/audit.md).
    #[schemars(range(min = 1, max = 86_400))]
    pub audit_head_seconds: u64,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            inline: true,
            port: None,
            concurrency: 4,
            lease_seconds: 15,
            poll_seconds: 1,
            sweep_interval_seconds: 60,
            upload_heartbeat_seconds: 5,
            upload_timeout_seconds: 15,
            upload_grace_seconds: 900,
            audit_seal_seconds: 1,
            audit_head_seconds: 3600,
        }
    }
}

impl WorkerConfig {
    /// Rejects times so short that a healthy worker or upload could count as dead. The profile
    /// testing allows shorter ones, for tests that kill processes.
    pub fn validate(&self, profile: Profile) -> Result<(), Problem> {
        if profile != Profile::Testing {
            at_least("lease_seconds", self.lease_seconds, MIN_LEASE_SECONDS)?;
            let grace = self.upload_grace_seconds;
            at_least("upload_grace_seconds", grace, MIN_UPLOAD_GRACE_SECONDS)?;
        }
        // An upload survives one late heartbeat.
        for (key, seconds) in [
            ("upload_timeout_seconds", self.upload_timeout_seconds),
            ("upload_grace_seconds", self.upload_grace_seconds),
        ] {
            if seconds < self.upload_heartbeat_seconds.saturating_mul(2) {
                let reason = format!(
                    "{seconds} is less than twice worker.upload_heartbeat_seconds ({})",
                    self.upload_heartbeat_seconds
                );
                return Err(Problem::new(format!("worker.{key}"), reason));
            }
        }
        Ok(())
    }
}

fn at_least(key: &str, seconds: u64, min: u64) -> Result<(), Problem> {
    if seconds < min {
        let reason = format!("{seconds} is less than {min}");
        return Err(Problem::new(format!("worker.{key}"), reason));
    }
    Ok(())
}
