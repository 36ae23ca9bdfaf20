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
    /// Sign-ins, registrations and password resets of one client address in a minute.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub auth_per_minute: u32,
    /// All requests of one client address in a minute.
    #[schemars(range(min = 1, max = 100_000_000))]
    pub requests_per_minute: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            max_file_mb: 100,
            quota_mb: 1000,
            json_kb: 256,
            auth_per_minute: 20,
            requests_per_minute: 1200,
        }
    }
}

impl LimitsConfig {
    /// Refuses a rate of all requests below that of sign-ins, which it contains.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        if self.requests_per_minute < self.auth_per_minute {
            let reason = format!(
                "{} is less than limits.auth_per_minute, {}",
                self.requests_per_minute, self.auth_per_minute
            );
            return Err(Problem::new("limits.requests_per_minute", reason));
        }
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
