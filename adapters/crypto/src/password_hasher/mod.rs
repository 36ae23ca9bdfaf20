//! Argon2id in a small pool of threads of its own.

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

/// What hashing may cost, and how much of it is done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordHasherOptions {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub iterations: u32,
    /// Lanes; each needs at least 8 KiB.
    pub parallelism: u32,
    /// Hashes computed at once, each with memory of its own while it is busy
    /// and some ten seconds after.
    pub threads: usize,
    /// Hashes that may wait; one more is answered
    /// [`Busy`](tenantry_application::ports::PortErrorKind::Busy).
    pub queue: usize,
}

/// Hashes with Argon2id (RFC 9106) and verifies Argon2id and bcrypt.
///
/// Hashes made with another cost than today's, and all of bcrypt, are
/// [`Outdated`](Verification::Outdated). A stored hash whose cost is absurd,
/// as only a damaged or planted one has, never matches and is not computed.
pub struct ArgonPasswordHasher {
    cost: Cost,
    pool: Pool,
}

impl ArgonPasswordHasher {
    /// Starts the threads. Refuses a cost that Argon2 does not have.
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
                // Nobody there, or nothing readable: the same work for nothing.
                let Some(known) = known else {
                    StoredHash::compute(cost, &password, &[0; argon::SALT_BYTES], memory)?;
                    return Ok(Verification::Mismatch);
                };
                Ok(if !known.matches(&password, memory)? {
                    Verification::Mismatch
                } else if known.is_as_made_with(cost) {
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
