//! `worker`: background jobs and the sweeps that keep the store tidy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;

/// The least lease, so that a worker that only pauses keeps its job.
const LEAST_LEASE_SECONDS: u64 = 30;
/// The least grace of an upload, so that a short hiccup ends none.
const LEAST_UPLOAD_GRACE_SECONDS: u64 = 10;

/// Background work. Times are seconds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// Whether the serving process works on jobs too; else `tenantry worker` does.
    pub inline: bool,
    /// Where `tenantry worker` answers `/health` and `/version`, on the address `http.host`; without
    /// it nowhere.
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// Jobs worked on at once.
    #[schemars(range(min = 1, max = 256))]
    pub concurrency: usize,
    /// Seconds after which a job whose worker is silent is given to another: at least 30 outside of tests.
    #[schemars(range(min = 1, max = 3600))]
    pub lease_seconds: u64,
    /// Seconds between two looks for new jobs when nothing announced one.
    #[schemars(range(min = 1, max = 300))]
    pub poll_seconds: u64,
    /// Seconds between two sweeps of what has expired or was abandoned.
    #[schemars(range(min = 1, max = 86_400))]
    pub sweep_interval_seconds: u64,
    /// Seconds between two signs of life of a running upload.
    #[schemars(range(min = 1, max = 3600))]
    pub upload_heartbeat_seconds: u64,
    /// Seconds without a sign of life after which an upload is swept: at least 10 outside of tests.
    #[schemars(range(min = 2, max = 604_800))]
    pub upload_grace_seconds: u64,
    /// Seconds between two sealings of new audit entries.
    #[schemars(range(min = 1, max = 60))]
    pub audit_seal_seconds: u64,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            inline: true,
            port: None,
            concurrency: 4,
            lease_seconds: 60,
            poll_seconds: 1,
            sweep_interval_seconds: 60,
            upload_heartbeat_seconds: 60,
            upload_grace_seconds: 900,
            audit_seal_seconds: 1,
        }
    }
}

impl WorkerConfig {
    /// Refuses times within which a healthy worker or upload could be taken for dead. Tests,
    /// which kill on purpose and wait for the consequences, may shorten them.
    pub fn validate(&self, profile: Profile) -> Result<(), Problem> {
        if profile != Profile::Testing {
            at_least("lease_seconds", self.lease_seconds, LEAST_LEASE_SECONDS)?;
            let grace = self.upload_grace_seconds;
            at_least("upload_grace_seconds", grace, LEAST_UPLOAD_GRACE_SECONDS)?;
        }
        // Two beats, so that one late beat alone never costs an upload.
        if self.upload_grace_seconds < self.upload_heartbeat_seconds.saturating_mul(2) {
            let reason = format!(
                "{} is less than two of worker.upload_heartbeat_seconds, {}",
                self.upload_grace_seconds, self.upload_heartbeat_seconds
            );
            return Err(Problem::new("worker.upload_grace_seconds", reason));
        }
        Ok(())
    }
}

fn at_least(key: &str, seconds: u64, least: u64) -> Result<(), Problem> {
    if seconds < least {
        let reason = format!("{seconds} is less than {least}");
        return Err(Problem::new(format!("worker.{key}"), reason));
    }
    Ok(())
}
