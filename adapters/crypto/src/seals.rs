//! Keyed hashes under keys derived from the root secret.

use std::fmt;

use aws_lc_rs::hmac::Key;
use tenantry_application::ports::{SealPurpose, Seals};

use crate::root_secret::{Purpose, RootSecret, tag};

/// HMAC-SHA-256 with a derived key for each purpose.
pub struct SecretSeals {
    audit: Key,
    idempotency: Key,
    rate_key: Key,
}

impl SecretSeals {
    /// Derives the keys.
    pub fn new(root: &RootSecret) -> Self {
        Self {
            audit: root.key(Purpose::AuditSeal),
            idempotency: root.key(Purpose::Idempotency),
            rate_key: root.key(Purpose::RateKey),
        }
    }
}

impl Seals for SecretSeals {
    fn seal(&self, purpose: SealPurpose, message: &[u8]) -> [u8; 32] {
        let key = match purpose {
            SealPurpose::Audit => &self.audit,
            SealPurpose::Idempotency => &self.idempotency,
            SealPurpose::RateKey => &self.rate_key,
        };
        tag(key, &[message])
    }
}

impl fmt::Debug for SecretSeals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretSeals(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_depends_on_secret_and_message() {
        let seal = |secret: &[u8], message: &[u8]| {
            SecretSeals::new(&RootSecret::new(secret)).seal(SealPurpose::Audit, message)
        };
        assert_eq!(seal(b"a", b"entry"), seal(b"a", b"entry"));
        assert_ne!(seal(b"a", b"entry"), seal(b"b", b"entry"));
        assert_ne!(seal(b"a", b"entry"), seal(b"a", b"other"));
    }

    #[test]
    fn each_purpose_has_its_key() {
        let seals = SecretSeals::new(&RootSecret::new(b"a"));
        assert_ne!(
            seals.seal(SealPurpose::Audit, b"entry"),
            seals.seal(SealPurpose::Idempotency, b"entry")
        );
    }
}
