//! Hashing of passwords, slow on purpose and bounded.

use async_trait::async_trait;
use tenantry_domain::identity::PasswordHash;

use super::PortError;

/// Hashes and verifies passwords.
///
/// Both calls run in a pool of their own with a bounded queue, so that a storm
/// of sign-ins takes neither the cores nor the memory from other work; a full
/// queue answers [`Busy`](super::PortErrorKind::Busy) at once.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password with a fresh salt.
    async fn hash(&self, password: &str) -> Result<PasswordHash, PortError>;

    /// Holds a password against a hash. Without a hash it does the same work
    /// and answers no, so that the time does not tell whether an account is
    /// there. A hash of an unknown form never matches.
    async fn verify(
        &self,
        password: &str,
        hash: Option<&PasswordHash>,
    ) -> Result<Verification, PortError>;
}

/// The answer to a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// It is the one.
    Match,
    /// It is the one, but the hash is weaker than those made today: hash the
    /// password anew and keep that.
    Outdated,
    /// It is not.
    Mismatch,
}
