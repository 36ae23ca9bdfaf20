//! Idempotency keys, with which a client can retry a request safely.

use std::time::Duration;

use crate::{
    Invalid, Revision, Timestamp,
    id::{BlobId, IdempotencyId, TenantId, UserId},
};

/// A client's key for one request: 1 to 255 visible ASCII characters
/// (draft-ietf-httpapi-idempotency-key-header).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The maximum number of characters.
    pub const MAX_LENGTH: usize = 255;

    /// Parses a key, with or without the quotes of a structured field (RFC
    /// 9651); both forms denote the same key.
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
                "must contain only visible ASCII characters, without quotes and backslashes",
            ))
        }
    }

    /// Returns the key without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The scope in which a key is unique: one caller and one operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyScope {
    /// The tenant the caller acts in; `None` for a user without a tenant.
    pub tenant_id: Option<TenantId>,
    /// The caller; for an anonymous caller, an id derived from the request.
    pub user_id: UserId,
    /// The operation's stable name.
    pub operation: String,
    /// The client's key.
    pub key: IdempotencyKey,
}

/// The record of a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The record's id.
    pub id: IdempotencyId,
    /// The scope, unique among all records.
    pub scope: IdempotencyScope,
    /// The state of the request.
    pub state: IdempotencyState,
    /// The time of the request.
    pub created_at: Timestamp,
    /// The time at which the key can be used again.
    pub expires_at: Timestamp,
    /// The row's revision.
    pub revision: Revision,
}

/// The state of a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyState {
    /// In progress for as long as this upload is open.
    Uploading(BlobId),
    /// Completed.
    Done {
        /// The fingerprint of the whole request, including its body.
        fingerprint: [u8; 32],
        /// The recorded response.
        answer: String,
    },
}

impl IdempotencyRecord {
    /// The maximum size of a recorded response in bytes.
    pub const MAX_RESPONSE_BYTES: usize = 64 * 1024;

    /// The time for which a response is kept.
    pub const LIFETIME: Duration = Duration::from_hours(24);

    /// Creates the record of a request.
    pub fn new(
        id: IdempotencyId,
        scope: IdempotencyScope,
        state: IdempotencyState,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            scope,
            state,
            created_at: now,
            expires_at: now.plus(Self::LIFETIME),
            revision: Revision::FIRST,
        }
    }

    /// Reuses the record for a new request after the previous one expired or
    /// ended without a response.
    pub fn restart(&mut self, state: IdempotencyState, now: Timestamp) {
        self.state = state;
        self.created_at = now;
        self.expires_at = now.plus(Self::LIFETIME);
    }

    /// Records the response.
    pub fn finish(&mut self, fingerprint: [u8; 32], answer: String) {
        self.state = IdempotencyState::Done {
            fingerprint,
            answer,
        };
    }

    /// Returns whether the key can be used again at `now`.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_not_part_of_the_key() {
        let plain = IdempotencyKey::parse("8e03978e-40d5").map(|key| key.as_str().to_owned());
        assert_eq!(plain.as_deref(), Ok("8e03978e-40d5"));
        assert_eq!(
            IdempotencyKey::parse("\"8e03978e-40d5\""),
            IdempotencyKey::parse("8e03978e-40d5")
        );
    }

    #[test]
    fn long_and_invisible_keys_are_rejected() {
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
    fn keys_expire_after_a_day() {
        let scope = IdempotencyScope {
            tenant_id: None,
            user_id: UserId::from_uuid(uuid::Uuid::nil()),
            operation: "op".to_owned(),
            key: IdempotencyKey("k".to_owned()),
        };
        let at = |hours: u64| Timestamp::from_millis(0).plus(Duration::from_hours(hours));
        let blob = BlobId::from_uuid(uuid::Uuid::nil());
        let id = IdempotencyId::from_uuid(uuid::Uuid::nil());
        let state = IdempotencyState::Uploading(blob);
        let mut record = IdempotencyRecord::new(id, scope, state.clone(), at(0));
        assert!(!record.has_expired(at(23)));
        assert!(record.has_expired(at(24)));
        record.restart(state, at(24));
        assert!(!record.has_expired(at(47)));
    }
}
