//! Keyed hashes, derived from the root secret.

/// Computes keyed hashes (HMAC-SHA-256) with a separate key for each purpose.
pub trait Seals: Send + Sync {
    /// Returns the hash of `message` under the key of `purpose`.
    fn seal(&self, purpose: SealPurpose, message: &[u8]) -> [u8; 32];

    /// Returns whether `seal` is the hash of `message`, compared in constant
    /// time.
    fn verify(&self, purpose: SealPurpose, message: &[u8], seal: &[u8]) -> bool;
}

/// The purpose of a keyed hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealPurpose {
    /// The chain of audit entries.
    Audit,
    /// Audit entries as they are recorded.
    AuditEntry,
    /// Device tokens.
    Device,
    /// Fingerprints of requests with an idempotency key.
    Idempotency,
    /// Rate limit keys that are stored outside this process.
    RateKey,
    /// Identifiers in security events.
    SecurityEvent,
    /// URLs signed by this service.
    Transfer,
}
