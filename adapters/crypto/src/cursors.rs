//! Cursors that clients cannot forge or modify.

use std::fmt;

use aws_lc_rs::{constant_time, hmac::Key};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tenantry_application::ports::Cursors;

use crate::root_secret::{Purpose, RootSecret, tag};

/// A truncated HMAC-SHA-256; forging one takes an API request per attempt.
const TAG_BYTES: usize = 16;
/// The maximum length of a cursor. Longer text is rejected without decoding.
const MAX_TEXT_BYTES: usize = 4096;

/// Cursors as base64url of the position and an HMAC over scope and position.
pub struct SignedCursors {
    key: Key,
}

impl SignedCursors {
    /// Derives the key.
    pub fn new(root: &RootSecret) -> Self {
        Self {
            key: root.key(Purpose::Cursor),
        }
    }

    fn tag(&self, scope: &[u8], position: &[u8]) -> [u8; 32] {
        // The length delimits scope and position.
        let scope_bytes = (scope.len() as u64).to_be_bytes();
        tag(&self.key, &[&scope_bytes, scope, position])
    }
}

impl Cursors for SignedCursors {
    fn sign(&self, scope: &[u8], position: &[u8]) -> String {
        let tag = self.tag(scope, position);
        let mut bytes = Vec::with_capacity(position.len() + TAG_BYTES);
        bytes.extend_from_slice(position);
        bytes.extend(tag.iter().take(TAG_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn verify(&self, scope: &[u8], cursor: &str) -> Option<Vec<u8>> {
        if cursor.len() > MAX_TEXT_BYTES {
            return None;
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let given = bytes.split_off(bytes.len().checked_sub(TAG_BYTES)?);
        let expected = self.tag(scope, &bytes);
        constant_time::verify_slices_are_equal(&given, expected.get(..TAG_BYTES)?).ok()?;
        Some(bytes)
    }
}

impl fmt::Debug for SignedCursors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedCursors(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursors() -> SignedCursors {
        SignedCursors::new(&RootSecret::new(b"secret"))
    }

    #[test]
    fn cursors_are_valid_only_for_their_scope() {
        let cursors = cursors();
        for position in [b"".as_slice(), b"position", &[0xFF; 300]] {
            let text = cursors.sign(b"scope", position);
            assert_eq!(cursors.verify(b"scope", &text).as_deref(), Some(position));
            assert_eq!(cursors.verify(b"other", &text), None);
        }
        let shifted = cursors.sign(b"scope", b"position");
        assert_eq!(cursors.verify(b"scopep", &shifted), None);
    }

    #[test]
    fn modified_and_foreign_cursors_are_rejected() {
        let cursors = cursors();
        let text = cursors.sign(b"scope", b"position");
        let foreign = SignedCursors::new(&RootSecret::new(b"other")).sign(b"scope", b"position");
        for bad in [
            "",
            "a",
            "!!!",
            &text.to_uppercase(),
            &format!("{text}="),
            &format!("A{text}"),
            text.get(1..).unwrap_or_default(),
            &"A".repeat(5000),
            &foreign,
        ] {
            assert_eq!(cursors.verify(b"scope", bad), None, "{bad}");
        }
    }
}
