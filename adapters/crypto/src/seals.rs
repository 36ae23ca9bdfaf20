//! Keyed hashes with keys derived from the root secret.

use std::fmt;

use aws_lc_rs::hmac::{self, Key};
use tenantry_application::ports::{SealPurpose, Seals};

use crate::root_secret::{Purpose, RootSecret, tag};

/// HMAC-SHA-256 with a separate derived key for each purpose.
pub struct SecretSeals {
    audit: Key,
    audit_entry: Key,
    device: Key,
    idempotency: Key,
    rate_key: Key,
    security_event: Key,
    transfer: Key,
}

impl SecretSeals {
    /// Derives the keys.
    pub fn new(root: &RootSecret) -> Self {
        Self {
            audit: root.key(Purpose::AuditSeal),
            audit_entry: root.key(Purpose::AuditEntry),
            device: root.key(Purpose::Device),
            idempotency: root.key(Purpose::Idempotency),
            rate_key: root.key(Purpose::RateKey),
            security_event: root.key(Purpose::SecurityEvent),
            transfer: root.key(Purpose::Transfer),
        }
    }

    const fn key(&self, purpose: SealPurpose) -> &Key {
        match purpose {
            SealPurpose::Audit => &self.audit,
            SealPurpose::AuditEntry => &self.audit_entry,
            SealPurpose::Device => &self.device,
            SealPurpose::Idempotency => &self.idempotency,
            SealPurpose::RateKey => &self.rate_key,
            SealPurpose::SecurityEvent => &self.security_event,
            SealPurpose::Transfer => &self.transfer,
        }
    }
}

impl Seals for SecretSeals {
    fn seal(&self, purpose: SealPurpose, message: &[u8]) -> [u8; 32] {
        tag(self.key(purpose), &[message])
    }

    fn verify(&self, purpose: SealPurpose, message: &[u8], seal: &[u8]) -> bool {
        hmac::verify(self.key(purpose), message, seal).is_ok()
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
        let seals = SecretSeals::new(&RootSecret::new(b"a"));
        let is_seal = |seal: &[u8]| seals.verify(SealPurpose::Audit, b"entry", seal);
        assert!(is_seal(&seal(b"a", b"entry")));
        assert!(!is_seal(&seal(b"a", b"other")));
        assert!(!is_seal(b""));
    }

    #[test]
    fn seals_differ_by_purpose() {
        let seals = SecretSeals::new(&RootSecret::new(b"a"));
        let seal = |purpose| seals.seal(purpose, b"entry");
        assert_ne!(seal(SealPurpose::Audit), seal(SealPurpose::Idempotency));
        assert_ne!(seal(SealPurpose::Audit), seal(SealPurpose::AuditEntry));
    }
}
