//! `security.password_hash`: the cost of Argon2id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;

/// The minimums of the OWASP Password Storage Cheat Sheet: memory in KiB and iterations, with one
/// lane. They are equivalent; a hash must reach one of them.
const OWASP_MINIMUM: [(u32, u32); 5] = [
    (47_104, 1),
    (19_456, 2),
    (12_288, 3),
    (9_216, 4),
    (7_168, 5),
];

/// The cost of an Argon2id hash.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordHashConfig {
    /// The memory of one hash, in KiB.
    #[schemars(range(min = 8, max = 4_194_304))]
    pub memory_kib: u32,
    /// The number of passes over the memory.
    #[schemars(range(min = 1, max = 100))]
    pub iterations: u32,
    /// The number of lanes, each of at least 8 KiB.
    #[schemars(range(min = 1, max = 64))]
    pub parallelism: u32,
    /// The number of hashes computed concurrently, which bounds the memory. Further sign-ins wait.
    #[schemars(range(min = 1, max = 256))]
    pub threads: usize,
}

impl Default for PasswordHashConfig {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            threads: 2,
        }
    }
}

impl PasswordHashConfig {
    pub(super) fn validate(&self, profile: Profile) -> Result<(), Problem> {
        let reject = |reason| Err(Problem::new("security.password_hash.memory_kib", reason));
        if self.memory_kib < 8 * self.parallelism {
            return reject("must be at least 8 times parallelism");
        }
        let enough = OWASP_MINIMUM.iter().any(|&(memory_kib, iterations)| {
            self.memory_kib >= memory_kib && self.iterations >= iterations
        });
        if !enough && profile != Profile::Testing {
            return reject(
                "memory and iterations are below the OWASP minimum outside the profile testing; \
                 set at least 19456 and 2",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_may_use_weak_hashes() {
        for (memory_kib, iterations, valid) in [
            (19_456, 2, true),
            (19_455, 2, false),
            (19_456, 1, false),
            (47_104, 1, true),
            (7_168, 5, true),
            (7_167, 100, false),
        ] {
            let hash = PasswordHashConfig {
                memory_kib,
                iterations,
                ..PasswordHashConfig::default()
            };
            assert_eq!(hash.validate(Profile::Development).is_ok(), valid);
            assert!(hash.validate(Profile::Testing).is_ok());
        }
    }
}
