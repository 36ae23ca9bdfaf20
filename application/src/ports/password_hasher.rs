//! Password hashing, deliberately slow and bounded.

use async_trait::async_trait;
use tenantry_domain::identity::PasswordHash;

use super::PortError;

/// Hashes and verifies passwords.
///
/// Both methods run on a dedicated thread pool with a bounded queue, so that a
/// burst of sign-ins does not starve other work of CPU and memory. If the queue
/// is full they fail immediately with [`Busy`](super::PortErrorKind::Busy).
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password with a new salt.
    async fn hash(&self, password: &str) -> Result<PasswordHash, PortError>;

    /// Compares a password with a hash. Without a hash it does the same amount
    /// of work and returns [`Mismatch`](Verification::Mismatch), so that timing
    /// does not reveal whether an account exists. A hash in an unknown format
    /// never matches.
    async fn verify(
        &self,
        password: &str,
        hash: Option<&PasswordHash>,
    ) -> Result<Verification, PortError>;
}

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// The password is correct.
    Match,
    /// The password is correct, but the hash is weaker than current ones: hash
    /// the password again and store the result.
    Outdated,
    /// The password is wrong.
    Mismatch,
}
