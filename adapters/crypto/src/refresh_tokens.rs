//! Refresh tokens derived from the root secret.

use std::fmt;

use aws_lc_rs::{
    constant_time, digest,
    hmac::{HMAC_SHA256, Key},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tenantry_application::ports::{RefreshToken, RefreshTokens, VerifiedRefreshToken};
use tenantry_domain::id::SessionId;
use uuid::Uuid;

use crate::root_secret::{Purpose, RootSecret, tag};

const SESSION_BYTES: usize = 16;
const GENERATION_BYTES: usize = 4;
const TAG_BYTES: usize = 32;
const TOKEN_BYTES: usize = SESSION_BYTES + GENERATION_BYTES + TAG_BYTES;
/// The length in base64url without padding: four characters for three bytes.
const TEXT_BYTES: usize = (TOKEN_BYTES * 4).div_ceil(3);

/// Refresh tokens as base64url of session id, generation and an HMAC over both.
pub struct DerivedRefreshTokens {
    key: Key,
    pepper: Option<Key>,
}

impl DerivedRefreshTokens {
    /// Derives the key. With a pepper the stored hash is keyed, so that guesses
    /// cannot be verified with a stolen database alone. Changing the pepper ends
    /// all sessions.
    pub fn new(root: &RootSecret, pepper: Option<&[u8]>) -> Self {
        Self {
            key: root.key(Purpose::RefreshToken),
            pepper: pepper.map(|pepper| Key::new(HMAC_SHA256, pepper)),
        }
    }

    fn tag(&self, session: &[u8], generation: &[u8]) -> [u8; TAG_BYTES] {
        tag(&self.key, &[session, generation])
    }

    fn hash(&self, text: &str) -> [u8; 32] {
        if let Some(pepper) = &self.pepper {
            return tag(pepper, &[text.as_bytes()]);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
        hash
    }
}

impl RefreshTokens for DerivedRefreshTokens {
    fn derive(&self, session: SessionId, generation: u32) -> RefreshToken {
        let session = session.as_uuid().into_bytes();
        let generation = generation.to_be_bytes();
        let tag = self.tag(&session, &generation);
        let mut bytes = Vec::with_capacity(TOKEN_BYTES);
        bytes.extend_from_slice(&session);
        bytes.extend_from_slice(&generation);
        bytes.extend_from_slice(&tag);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        let hash = self.hash(&text);
        RefreshToken { text, hash }
    }

    fn verify(&self, text: &str) -> Option<VerifiedRefreshToken> {
        if text.len() != TEXT_BYTES {
            return None;
        }
        // The engine rejects padding and non-zero trailing bits, so that a token
        // has only one encoding and one hash.
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (session, rest) = bytes.split_first_chunk::<SESSION_BYTES>()?;
        let (generation, tag) = rest.split_first_chunk::<GENERATION_BYTES>()?;
        let expected = self.tag(session, generation);
        constant_time::verify_slices_are_equal(tag, &expected).ok()?;
        Some(VerifiedRefreshToken {
            session_id: SessionId::from_uuid(Uuid::from_bytes(*session)),
            generation: u32::from_be_bytes(*generation),
            hash: self.hash(text),
        })
    }
}

impl fmt::Debug for DerivedRefreshTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedRefreshTokens(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId::from_uuid(Uuid::from_u128(7));

    fn tokens(pepper: Option<&[u8]>) -> DerivedRefreshTokens {
        DerivedRefreshTokens::new(&RootSecret::new(b"secret"), pepper)
    }

    #[test]
    fn tokens_are_derived_deterministically_and_read() {
        let tokens = tokens(None);
        let token = tokens.derive(SESSION, 3);
        assert!(token == tokens.derive(SESSION, 3));
        assert_eq!(token.text.len(), TEXT_BYTES);
        let read = tokens.verify(&token.text);
        let expected = VerifiedRefreshToken {
            session_id: SESSION,
            generation: 3,
            hash: token.hash,
        };
        assert_eq!(read, Some(expected));
    }

    #[test]
    fn a_pepper_changes_only_the_hash() {
        let (plain, peppered) = (tokens(None), tokens(Some(b"pepper")));
        let (one, two) = (plain.derive(SESSION, 1), peppered.derive(SESSION, 1));
        assert_eq!(one.text, two.text);
        assert_ne!(one.hash, two.hash);
        assert_eq!(
            peppered.verify(&one.text).map(|read| read.hash),
            Some(two.hash)
        );
    }

    #[test]
    fn modified_and_foreign_tokens_are_rejected() {
        let tokens = tokens(None);
        let text = tokens.derive(SESSION, 1).text;
        let foreign = DerivedRefreshTokens::new(&RootSecret::new(b"other"), None);
        assert_eq!(tokens.verify(&foreign.derive(SESSION, 1).text), None);
        assert_eq!(tokens.verify(""), None);
        assert_eq!(tokens.verify(&format!("{text}=")), None);
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            if let Some(byte) = changed.get_mut(at) {
                *byte = if *byte == b'A' { b'B' } else { b'A' };
            }
            let changed = String::from_utf8(changed).unwrap_or_default();
            assert_eq!(tokens.verify(&changed), None, "{at}");
        }
    }
}
