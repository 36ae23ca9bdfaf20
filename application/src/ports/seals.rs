//! Keyed hashes that nobody without the root secret can make.

/// Makes keyed hashes (HMAC-SHA-256), with a key of its own for each purpose.
pub trait Seals: Send + Sync {
    /// The hash of `message` under the key of `purpose`.
    fn seal(&self, purpose: SealPurpose, message: &[u8]) -> [u8; 32];

    /// Whether `seal` is that hash, in a time that tells nothing of where it
    /// differs.
    fn is_seal(&self, purpose: SealPurpose, message: &[u8], seal: &[u8]) -> bool;
}

/// What a keyed hash is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealPurpose {
    /// The chain of audit entries.
    Audit,
    /// Fingerprints of requests that came with an idempotency key.
    Idempotency,
    /// Names under which tries are counted outside of this process.
    RateKey,
    /// Addresses that the service signs.
    Transfer,
}
