//! Keys with which a client may send a request twice and have it done once.

use std::time::Duration;

use crate::{
    Invalid, Revision, Timestamp,
    id::{BlobId, IdempotencyId, TenantId, UserId},
};

/// A client's name for one request: 1 to 255 visible ASCII characters
/// (draft-ietf-httpapi-idempotency-key-header).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The most characters.
    pub const MAX_LENGTH: usize = 255;

    /// Reads a key, with or without the quotes of a structured field (RFC
    /// 9651); the two are one key.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let quoted = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let key = quoted.unwrap_or(text);
        if key.is_empty() {
            return Err(Invalid::too_short(1, "characters"));
        }
        if key.len() > Self::MAX_LENGTH {
            return Err(Invalid::too_long(Self::MAX_LENGTH, "characters"));
        }
        if key
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
        {
            Ok(Self(key.to_owned()))
        } else {
            Err(Invalid::characters(
                "must have visible ASCII characters only, without quotes and backslashes",
            ))
        }
    }

    /// The key without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a key names: one request of one caller to one operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyScope {
    /// The tenant the caller acts in; `None` for a person without one.
    pub tenant_id: Option<TenantId>,
    /// The caller.
    pub user_id: UserId,
    /// The operation's stable name.
    pub operation: String,
    /// The client's key.
    pub key: IdempotencyKey,
}

/// A request that came with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// Its id.
    pub id: IdempotencyId,
    /// What it is the record of; no other record is of the same.
    pub scope: IdempotencyScope,
    /// How far the request has come.
    pub state: IdempotencyState,
    /// When the request came.
    pub created_at: Timestamp,
    /// When the key is free again.
    pub expires_at: Timestamp,
    /// How often the row was written.
    pub revision: Revision,
}

/// How far a request with a key has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyState {
    /// It is under way as long as this upload is.
    Uploading(BlobId),
    /// It was done.
    Done {
        /// Stands for everything the request asked for, its body included.
        fingerprint: [u8; 32],
        /// What was answered.
        answer: String,
    },
}

impl IdempotencyRecord {
    /// How long an answer is kept.
    pub const LIFETIME: Duration = Duration::from_hours(24);

    /// A request that begins with an upload.
    pub fn uploading(
        id: IdempotencyId,
        scope: IdempotencyScope,
        blob: BlobId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            scope,
            state: IdempotencyState::Uploading(blob),
            created_at: now,
            expires_at: now.plus(Self::LIFETIME),
            revision: Revision::FIRST,
        }
    }

    /// The same key once more, after what held it came to nothing.
    pub fn upload_again(&mut self, blob: BlobId, now: Timestamp) {
        self.state = IdempotencyState::Uploading(blob);
        self.created_at = now;
        self.expires_at = now.plus(Self::LIFETIME);
    }

    /// The request was done and answered.
    pub fn finish(&mut self, fingerprint: [u8; 32], answer: String) {
        self.state = IdempotencyState::Done {
            fingerprint,
            answer,
        };
    }

    /// Whether the key is free again at `now`.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_not_part_of_a_key() {
        let plain = IdempotencyKey::parse("8e03978e-40d5").map(|key| key.as_str().to_owned());
        assert_eq!(plain.as_deref(), Ok("8e03978e-40d5"));
        assert_eq!(
            IdempotencyKey::parse("\"8e03978e-40d5\""),
            IdempotencyKey::parse("8e03978e-40d5")
        );
    }

    #[test]
    fn keys_are_bounded_and_visible() {
        let longest = "k".repeat(IdempotencyKey::MAX_LENGTH);
        assert!(IdempotencyKey::parse(&longest).is_ok());
        for text in [
            "",
            "\"\"",
            "\"",
            "a b",
            "a\"b",
            "a\\b",
            "ü",
            "a\n",
            &format!("{longest}k"),
        ] {
            assert!(IdempotencyKey::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_key_is_free_again_after_a_day() {
        let scope = IdempotencyScope {
            tenant_id: None,
            user_id: UserId::from_uuid(uuid::Uuid::nil()),
            operation: "op".to_owned(),
            key: IdempotencyKey("k".to_owned()),
        };
        let at = |hours: u64| Timestamp::from_millis(0).plus(Duration::from_hours(hours));
        let blob = BlobId::from_uuid(uuid::Uuid::nil());
        let id = IdempotencyId::from_uuid(uuid::Uuid::nil());
        let mut record = IdempotencyRecord::uploading(id, scope, blob, at(0));
        assert!(!record.has_expired(at(23)));
        assert!(record.has_expired(at(24)));
        record.upload_again(blob, at(24));
        assert!(!record.has_expired(at(47)));
    }
}
