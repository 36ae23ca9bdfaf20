//! Argon2id in a small, dedicated thread pool.

mod argon;
mod legacy;
mod pool;
#[cfg(test)]
mod tests;

use std::fmt;

use async_trait::async_trait;
use tenantry_application::ports::{PasswordHasher, PortError, Verification};
use tenantry_domain::identity::PasswordHash;

use self::{
    argon::{Cost, StoredHash},
    pool::Pool,
};
use crate::random::random_bytes;

/// The cost and the concurrency of password hashing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordHasherOptions {
    /// The memory of one hash, in KiB.
    pub memory_kib: u32,
    /// The number of passes over that memory.
    pub iterations: u32,
    /// The number of lanes; each needs at least 8 KiB.
    pub parallelism: u32,
    /// The number of threads. Each releases its memory after ten idle seconds.
    pub threads: usize,
    /// The maximum number of waiting calls; further calls fail with
    /// [`Busy`](tenantry_application::ports::PortErrorKind::Busy).
    pub queue: usize,
}

/// A hasher that creates Argon2id hashes (RFC 9106) and verifies Argon2id and
/// bcrypt hashes.
///
/// bcrypt hashes, and those with a cost other than the configured one, are
/// [`Outdated`](Verification::Outdated). A stored hash with an excessive cost,
/// damaged or planted, never matches and is not computed.
pub struct ArgonPasswordHasher {
    cost: Cost,
    pool: Pool,
}

impl ArgonPasswordHasher {
    /// Starts the threads. Fails if the cost is out of range for Argon2.
    pub fn new(options: &PasswordHasherOptions) -> Result<Self, PortError> {
        let cost = Cost {
            memory_kib: options.memory_kib,
            iterations: options.iterations,
            parallelism: options.parallelism,
        };
        cost.params()?;
        let pool = Pool::start(options.threads.max(1), options.queue)?;
        Ok(Self { cost, pool })
    }
}

#[async_trait]
impl PasswordHasher for ArgonPasswordHasher {
    async fn hash(&self, password: &str) -> Result<PasswordHash, PortError> {
        let (cost, password) = (self.cost, password.to_owned());
        self.pool
            .run(move |memory| {
                let salt = random_bytes::<{ argon::SALT_BYTES }>()?;
                StoredHash::compute(cost, &password, &salt, memory)
                    .map(|hash| PasswordHash::new(hash.to_string()))
            })
            .await?
    }

    async fn verify(
        &self,
        password: &str,
        hash: Option<&PasswordHash>,
    ) -> Result<Verification, PortError> {
        let (cost, password, hash) = (self.cost, password.to_owned(), hash.cloned());
        self.pool
            .run(move |memory| {
                let stored = hash.as_ref().map_or("", PasswordHash::expose);
                if let Some(matches) = legacy::verify(&password, stored) {
                    return Ok(if matches {
                        Verification::Outdated
                    } else {
                        Verification::Mismatch
                    });
                }
                let known = StoredHash::parse(stored).filter(|known| known.cost.is_sane(cost));
                // An unknown account takes as long as a known one.
                let Some(known) = known else {
                    StoredHash::compute(cost, &password, &[0; argon::SALT_BYTES], memory)?;
                    return Ok(Verification::Mismatch);
                };
                Ok(if !known.matches(&password, memory)? {
                    Verification::Mismatch
                } else if known.is_current(cost) {
                    Verification::Match
                } else {
                    Verification::Outdated
                })
            })
            .await?
    }
}

impl fmt::Debug for ArgonPasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArgonPasswordHasher")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}
