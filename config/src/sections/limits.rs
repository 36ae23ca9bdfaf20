//! `limits`: how much anyone may send, keep and ask.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;

/// Bytes of one MB as counted here: 1,048,576, as the older systems did.
const MB: u64 = 1024 * 1024;

/// Sizes and rates. One MB is 1,048,576 bytes, one KB 1,024.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Largest file, in MB of 1,048,576 bytes.
    #[schemars(range(min = 1, max = 5_000_000))]
    pub max_file_mb: u64,
    /// Storage of a new tenant, in MB of 1,048,576 bytes; an administrator may change it for each.
    #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
    pub quota_mb: u64,
    /// Largest JSON body, in KB of 1,024 bytes.
    #[schemars(range(min = 1, max = 65_536))]
    pub json_kb: usize,
    /// Calls in a minute of the operations that take a password or a refresh token, by one client
    /// address (of IPv6 by one /64 network); sign-ins to one account may be five times as many.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub auth_per_minute: u32,
    /// Calls in a minute of `POST /api/v1/storage/doctor` by one tenant: each writes some megabytes to
    /// every backend.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub doctor_per_minute: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            max_file_mb: 100,
            quota_mb: 1000,
            json_kb: 256,
            auth_per_minute: 20,
            doctor_per_minute: 6,
        }
    }
}

impl LimitsConfig {
    /// Nothing to refuse beyond the bounds of each key.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        Ok(())
    }

    /// Largest file, in bytes.
    pub fn max_file_bytes(&self) -> u64 {
        self.max_file_mb.saturating_mul(MB)
    }

    /// Storage of a new tenant, in bytes.
    pub fn quota_bytes(&self) -> u64 {
        self.quota_mb.saturating_mul(MB)
    }

    /// Largest JSON body, in bytes.
    pub fn json_bytes(&self) -> usize {
        self.json_kb.saturating_mul(1024)
    }
}
