//! The secret from which all keys are derived.

use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};

/// The root secret of an installation. All keys of the service are derived from
/// it, so that one configured value suffices and no key serves two purposes.
#[derive(Clone)]
pub struct RootSecret {
    /// The pseudorandom key of HKDF (RFC 5869), after the extract step.
    pseudorandom_key: Key,
}

/// The purpose of a derived key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    AccessToken,
    AccessTokenKeyId,
    RefreshToken,
    Cursor,
    AuditSeal,
    AuditEntry,
    Device,
    Idempotency,
    RateKey,
    SecurityEvent,
    Transfer,
}

impl Purpose {
    /// Returns the label for derivation. Changing one invalidates everything
    /// signed with its key.
    const fn label(self) -> &'static str {
        match self {
            Self::AccessToken => "tenantry access-token v1",
            Self::AccessTokenKeyId => "tenantry access-token key id v1",
            Self::RefreshToken => "tenantry refresh-token v1",
            Self::Cursor => "tenantry cursor v1",
            Self::AuditSeal => "tenantry audit-seal v1",
            Self::AuditEntry => "tenantry audit-entry v1",
            Self::Device => "tenantry device v1",
            Self::Idempotency => "tenantry idempotency v1",
            Self::RateKey => "tenantry rate-key v1",
            Self::SecurityEvent => "tenantry security-event v1",
            Self::Transfer => "tenantry transfer v1",
        }
    }
}

impl RootSecret {
    /// Creates a root secret from the configured value, which should have at
    /// least 32 random bytes.
    pub fn new(secret: &[u8]) -> Self {
        let salt = Key::new(HMAC_SHA256, b"tenantry root secret");
        let extracted = hmac::sign(&salt, secret);
        Self {
            pseudorandom_key: Key::new(HMAC_SHA256, extracted.as_ref()),
        }
    }

    /// Derives 32 bytes for one purpose with HKDF-SHA-256. Expanding to a single
    /// block is one HMAC and cannot fail.
    pub(crate) fn derive(&self, purpose: Purpose) -> [u8; 32] {
        tag(&self.pseudorandom_key, &[purpose.label().as_bytes(), &[1]])
    }

    /// Derives an HMAC-SHA-256 key for one purpose.
    pub(crate) fn key(&self, purpose: Purpose) -> Key {
        Key::new(HMAC_SHA256, &self.derive(purpose))
    }
}

/// Returns the HMAC-SHA-256 of the concatenated parts.
pub(crate) fn tag(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.sign().as_ref());
    bytes
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootSecret(…)")
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

    use super::*;

    #[test]
    fn derived_keys_match_hkdf() {
        let label = Purpose::Cursor.label().as_bytes();
        let mut expected = [0; 32];
        Salt::new(HKDF_SHA256, b"tenantry root secret")
            .extract(b"secret")
            .expand(&[label], HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut expected))
            .expect("32 bytes");
        assert_eq!(RootSecret::new(b"secret").derive(Purpose::Cursor), expected);
    }

    #[test]
    fn keys_differ_by_purpose_and_secret() {
        let (one, two) = (RootSecret::new(b"one"), RootSecret::new(b"two"));
        let cursor = one.derive(Purpose::Cursor);
        assert_ne!(cursor, one.derive(Purpose::AuditSeal));
        assert_ne!(cursor, two.derive(Purpose::Cursor));
    }

    #[test]
    fn debug_output_hides_the_secret() {
        assert_eq!(format!("{:?}", RootSecret::new(b"secret")), "RootSecret(…)");
    }
}
