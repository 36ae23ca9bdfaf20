//! `limits`: sizes, quotas and rate limits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;

/// The number of bytes in one MB, as in the older systems.
const MB: u64 = 1024 * 1024;

/// Sizes, quotas and rate limits. One MB is 1,048,576 bytes, one KB 1,024 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// The maximum size of a file, in MB of 1,048,576 bytes.
    #[schemars(range(min = 1, max = 5_000_000))]
    pub max_file_mb: u64,
    /// The storage quota of a new tenant, in MB of 1,048,576 bytes. An administrator can change it
    /// per tenant.
    #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
    pub quota_mb: u64,
    /// The maximum number of file versions per tenant. A version below 4 KiB counts as 4 KiB of the
    /// quota.
    #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
    pub max_versions: u64,
    /// The maximum size of a JSON body, in KB of 1,024 bytes.
    #[schemars(range(min = 1, max = 65_536))]
    pub json_kb: usize,
    /// The maximum number of failed sign-ins per minute and client address (for IPv6, per /64
    /// network). The same number of registrations per address, and of refreshes per session.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub auth_per_minute: u32,
    /// The number of wrong passwords in a row after which the next attempt for the same user must
    /// wait for `failure_delay_seconds`.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub free_failures: u32,
    /// The first delay after wrong passwords. It doubles with each further one, up to 15 minutes.
    #[schemars(range(min = 1, max = 900))]
    pub failure_delay_seconds: u64,
    /// The maximum number of `POST /api/v1/storage/doctor` requests per minute and platform
    /// administrator. Each writes some megabytes to every backend.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub doctor_per_minute: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            max_file_mb: 100,
            quota_mb: 1000,
            max_versions: 1_000_000,
            json_kb: 256,
            auth_per_minute: 60,
            free_failures: 5,
            failure_delay_seconds: 1,
            doctor_per_minute: 6,
        }
    }
}

impl LimitsConfig {
    /// Accepts all values within the bounds of each key.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        Ok(())
    }

    /// Returns the maximum size of a file, in bytes.
    pub fn max_file_bytes(&self) -> u64 {
        self.max_file_mb.saturating_mul(MB)
    }

    /// Returns the storage quota of a new tenant, in bytes.
    pub fn quota_bytes(&self) -> u64 {
        self.quota_mb.saturating_mul(MB)
    }

    /// Returns the maximum size of a JSON body, in bytes.
    pub fn json_bytes(&self) -> usize {
        self.json_kb.saturating_mul(1024)
    }
}
