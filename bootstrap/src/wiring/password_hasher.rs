//! The password hasher.

use std::sync::Arc;

use tenantry_application::ports::PasswordHasher;
use tenantry_config::sections::SecurityConfig;
use tenantry_crypto::{ArgonPasswordHasher, PasswordHasherOptions};

use crate::error::StartError;

/// The length of the queue: at about 30 ms per hash, two seconds for two threads.
const QUEUE: usize = 128;

/// Returns an Argon2id hasher with the configured cost.
pub(super) fn password_hasher_from_config(
    config: &SecurityConfig,
) -> Result<Arc<dyn PasswordHasher>, StartError> {
    let hash = &config.password_hash;
    let hasher = ArgonPasswordHasher::new(&PasswordHasherOptions {
        memory_kib: hash.memory_kib,
        iterations: hash.iterations,
        parallelism: hash.parallelism,
        threads: hash.threads,
        queue: QUEUE,
    })?;
    Ok(Arc::new(hasher))
}
