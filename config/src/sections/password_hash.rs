//! `security.password_hash`: the cost of Argon2id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;

/// Memory in KiB and iterations that the OWASP Password Storage Cheat Sheet calls equal, each
/// with one lane. Anything below every line is too cheap for real passwords.
const OWASP_MINIMUM: [(u32, u32); 5] = [
    (47_104, 1),
    (19_456, 2),
    (12_288, 3),
    (9_216, 4),
    (7_168, 5),
];

/// The cost of one Argon2id hash; real passwords need one of the OWASP minimums.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordHashConfig {
    /// Memory of one hash, in KiB.
    #[schemars(range(min = 8, max = 4_194_304))]
    pub memory_kib: u32,
    /// Passes over that memory.
    #[schemars(range(min = 1, max = 100))]
    pub iterations: u32,
    /// Lanes; each needs at least 8 KiB.
    #[schemars(range(min = 1, max = 64))]
    pub parallelism: u32,
    /// Hashes computed at once; further sign-ins wait. Bounds the memory used.
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
        let refuse = |reason| Err(Problem::new("security.password_hash.memory_kib", reason));
        if self.memory_kib < 8 * self.parallelism {
            return refuse("needs at least 8 for each lane of parallelism");
        }
        let enough = OWASP_MINIMUM.iter().any(|&(memory_kib, iterations)| {
            self.memory_kib >= memory_kib && self.iterations >= iterations
        });
        if !enough && profile != Profile::Testing {
            return refuse(
                "memory and iterations are below the OWASP minimum, such as 19456 and 2 \
                 (only the profile testing may)",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cheap_hashes_are_for_tests() {
        for (memory_kib, iterations, fine) in [
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
            assert_eq!(hash.validate(Profile::Development).is_ok(), fine);
            assert!(hash.validate(Profile::Testing).is_ok());
        }
    }
}
