//! Audit entries, and the hash chain that reveals missing or modified ones.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::{
    Invalid, Timestamp,
    blob::Digest,
    id::{AuditId, TenantId, UserId},
};

/// A record of an action. It is written in the same commit as the action and
/// sealed into the tenant's chain shortly after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The entry's id.
    pub id: AuditId,
    /// The tenant whose chain contains the entry; `None` for the platform's
    /// chain.
    pub tenant_id: Option<TenantId>,
    /// The actor.
    pub actor: Actor,
    /// The action, as `area.verb`.
    pub action: String,
    /// The kind of the subject.
    pub subject_kind: String,
    /// The subject's id.
    pub subject_id: String,
    /// The time of the action.
    pub at: Timestamp,
    /// The id of the request that caused the action.
    pub request_id: Option<String>,
    /// Further details; never a secret.
    pub detail: BTreeMap<String, String>,
    /// The keyed hash of the fields above, computed when the entry is recorded.
    /// Any bytes or `None` for an entry that the service did not record, and
    /// `None` for an entry of an earlier version.
    pub tag: Option<Vec<u8>>,
}

/// The actor behind an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A user.
    Person(UserId),
    /// The service itself: a job, maintenance or the command line.
    System,
}

impl Actor {
    /// Returns the user, unless the actor is the service.
    pub const fn person(self) -> Option<UserId> {
        match self {
            Self::Person(id) => Some(id),
            Self::System => None,
        }
    }
}

/// An entry's position in its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// The sequence number, starting at 1 without gaps.
    pub sequence: u64,
    /// The keyed hash over the entry and the previous hash.
    pub hash: [u8; 32],
}

/// The current end of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The sequence number of the last sealed entry; 0 in an empty chain.
    pub sequence: u64,
    /// The hash of the last sealed entry; all zeroes in an empty chain.
    pub hash: [u8; 32],
}

impl ChainHead {
    /// The end of an empty chain.
    pub const EMPTY: Self = Self {
        sequence: 0,
        hash: [0; 32],
    };
}

/// The head of a chain as it is published outside of the store:
/// `<chain>:<sequence>:<hash>`, where the chain is the id of a tenant or
/// `platform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedHead {
    /// The tenant of the chain; `None` for the platform's chain.
    pub tenant_id: Option<TenantId>,
    /// The end of the chain when it was published.
    pub head: ChainHead,
}

impl PublishedHead {
    /// The name of the platform's chain.
    const PLATFORM: &str = "platform";

    /// Parses the text that [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::format(
                "must be <chain>:<sequence>:<hash> with a tenant id or `platform` as the chain",
            )
        };
        let mut parts = text.split(':');
        let (Some(chain), Some(sequence), Some(hash), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(invalid());
        };
        let tenant_id = match chain {
            Self::PLATFORM => None,
            id => Some(TenantId::from_str(id).map_err(|_| invalid())?),
        };
        let sequence = sequence.parse().map_err(|_| invalid())?;
        let hash = *Digest::parse(hash).map_err(|_| invalid())?.as_bytes();
        Ok(Self {
            tenant_id,
            head: ChainHead { sequence, hash },
        })
    }
}

impl fmt::Display for PublishedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tenant_id {
            Some(tenant) => write!(f, "{tenant}")?,
            None => f.write_str(Self::PLATFORM)?,
        }
        let hash = Digest::from_bytes(self.head.hash);
        write!(f, ":{}:{hash}", self.head.sequence)
    }
}

impl AuditEntry {
    /// Returns the bytes that the entry's hash in the chain covers: the sequence
    /// number and the previous hash, then every field.
    pub fn canonical_bytes(&self, sequence: u64, previous: &[u8; 32]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(b"tenantry audit 1");
        bytes.extend_from_slice(&sequence.to_be_bytes());
        bytes.extend_from_slice(previous);
        self.extend_with_fields(&mut bytes);
        bytes
    }

    /// Returns the bytes that the entry's tag covers: every field but the tag.
    pub fn tagged_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(b"tenantry audit entry 1");
        self.extend_with_fields(&mut bytes);
        bytes
    }

    /// Adds every field with a length prefix, so that no two entries have the
    /// same bytes.
    fn extend_with_fields(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.id.as_uuid().as_bytes());
        let mut field = |value: Option<&[u8]>| match value {
            None => bytes.push(0),
            Some(value) => {
                bytes.push(1);
                bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
                bytes.extend_from_slice(value);
            }
        };
        field(
            self.tenant_id
                .map(TenantId::as_uuid)
                .as_ref()
                .map(|id| &id.as_bytes()[..]),
        );
        field(
            self.actor
                .person()
                .map(UserId::as_uuid)
                .as_ref()
                .map(|id| &id.as_bytes()[..]),
        );
        field(Some(self.action.as_bytes()));
        field(Some(self.subject_kind.as_bytes()));
        field(Some(self.subject_id.as_bytes()));
        field(Some(&self.at.as_millis().to_be_bytes()));
        field(self.request_id.as_deref().map(str::as_bytes));
        for (key, value) in &self.detail {
            field(Some(key.as_bytes()));
            field(Some(value.as_bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn entry() -> AuditEntry {
        AuditEntry {
            id: AuditId::from_uuid(Uuid::nil()),
            tenant_id: None,
            actor: Actor::System,
            action: "file.delete".into(),
            subject_kind: "file".into(),
            subject_id: "1".into(),
            at: Timestamp::EPOCH,
            request_id: None,
            detail: BTreeMap::from([("a".into(), "bc".into())]),
            tag: None,
        }
    }

    #[test]
    fn every_field_is_covered_by_the_hash() {
        let base = entry().canonical_bytes(1, &[0; 32]);
        let shifted = AuditEntry {
            detail: BTreeMap::from([("ab".into(), "c".into())]),
            ..entry()
        };
        let person = Actor::Person(UserId::from_uuid(Uuid::nil()));
        let variants = [
            shifted,
            AuditEntry {
                actor: person,
                ..entry()
            },
            AuditEntry {
                request_id: Some(String::new()),
                ..entry()
            },
            AuditEntry {
                action: "file.deletef".into(),
                subject_kind: "ile".into(),
                ..entry()
            },
            AuditEntry {
                tenant_id: Some(TenantId::from_uuid(Uuid::nil())),
                ..entry()
            },
        ];
        for variant in variants {
            assert_ne!(variant.canonical_bytes(1, &[0; 32]), base, "{variant:?}");
            assert_ne!(
                variant.tagged_bytes(),
                entry().tagged_bytes(),
                "{variant:?}"
            );
        }
        assert_ne!(entry().canonical_bytes(2, &[0; 32]), base);
        assert_ne!(entry().canonical_bytes(1, &[1; 32]), base);
    }
    #[test]
    fn the_tag_is_no_part_of_what_it_covers() {
        let tagged = AuditEntry {
            tag: Some(vec![1]),
            ..entry()
        };
        assert_eq!(tagged.tagged_bytes(), entry().tagged_bytes());
        assert_ne!(entry().tagged_bytes(), entry().canonical_bytes(0, &[0; 32]));
    }

    #[test]
    fn published_heads_round_trip() {
        let head = ChainHead {
            sequence: 12,
            hash: [0xA5; 32],
        };
        for tenant_id in [None, Some(TenantId::from_uuid(Uuid::from_u128(7)))] {
            let published = PublishedHead { tenant_id, head };
            assert_eq!(PublishedHead::parse(&published.to_string()), Ok(published));
        }
        let text = format!("platform:12:{}", "a5".repeat(32));
        assert_eq!(
            PublishedHead::parse(&text).map(|head| head.to_string()),
            Ok(text.clone())
        );
        for wrong in [
            "",
            "platform",
            "platform:12",
            "platform:12:a5",
            "platform:-1:00",
            "platform::",
            &text.replace("12", "x"),
            &text.replace("platform", "7"),
            &format!("{text}:"),
            &text[1..],
        ] {
            assert!(PublishedHead::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
