//! The one secret that all others are derived from.

use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};

/// The root secret of an installation. Every key the service makes for itself
/// is derived from it, so that one configured value is enough and no key is
/// used for two things.
#[derive(Clone)]
pub struct RootSecret {
    /// The pseudorandom key of HKDF (RFC 5869): what is left of the secret
    /// after its extraction.
    extracted: Key,
}

/// What a derived key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    AccessToken,
    AccessTokenKeyId,
    RefreshToken,
    Cursor,
    AuditSeal,
    Idempotency,
    RateKey,
    Transfer,
}

impl Purpose {
    /// Changing one of these makes everything sealed under it worthless.
    const fn label(self) -> &'static str {
        match self {
            Self::AccessToken => "tenantry access-token v1",
            Self::AccessTokenKeyId => "tenantry access-token key id v1",
            Self::RefreshToken => "tenantry refresh-token v1",
            Self::Cursor => "tenantry cursor v1",
            Self::AuditSeal => "tenantry audit-seal v1",
            Self::Idempotency => "tenantry idempotency v1",
            Self::RateKey => "tenantry rate-key v1",
            Self::Transfer => "tenantry transfer v1",
        }
    }
}

impl RootSecret {
    /// Takes the configured secret, which should have at least 32 bytes that
    /// nobody can guess.
    pub fn new(secret: &[u8]) -> Self {
        let salt = Key::new(HMAC_SHA256, b"tenantry root secret");
        let extracted = hmac::sign(&salt, secret);
        Self {
            extracted: Key::new(HMAC_SHA256, extracted.as_ref()),
        }
    }

    /// 32 bytes for one purpose: HKDF-SHA-256, whose expansion to a single
    /// block is one HMAC and so cannot fail.
    pub(crate) fn derive(&self, purpose: Purpose) -> [u8; 32] {
        tag(&self.extracted, &[purpose.label().as_bytes(), &[1]])
    }

    /// The same as a key of HMAC-SHA-256.
    pub(crate) fn key(&self, purpose: Purpose) -> Key {
        Key::new(HMAC_SHA256, &self.derive(purpose))
    }
}

/// The HMAC-SHA-256 of the parts, one after the other.
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
    fn keys_are_those_of_hkdf() {
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
    fn purposes_and_secrets_share_no_key() {
        let (one, two) = (RootSecret::new(b"one"), RootSecret::new(b"two"));
        let cursor = one.derive(Purpose::Cursor);
        assert_ne!(cursor, one.derive(Purpose::AuditSeal));
        assert_ne!(cursor, two.derive(Purpose::Cursor));
    }

    #[test]
    fn debug_output_keeps_the_secret() {
        assert_eq!(format!("{:?}", RootSecret::new(b"secret")), "RootSecret(…)");
    }
}
