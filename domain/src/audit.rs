//! Audit entries, and the hash chain that reveals missing or modified ones.

use std::collections::BTreeMap;

use crate::{
    Timestamp,
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

impl AuditEntry {
    /// Returns the bytes that the entry's hash covers: the sequence number and
    /// the previous hash, then every field with a length prefix, so that no two
    /// entries have the same bytes.
    pub fn canonical_bytes(&self, sequence: u64, previous: &[u8; 32]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(b"tenantry audit 1");
        bytes.extend_from_slice(&sequence.to_be_bytes());
        bytes.extend_from_slice(previous);
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
        bytes
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
        }
        assert_ne!(entry().canonical_bytes(2, &[0; 32]), base);
        assert_ne!(entry().canonical_bytes(1, &[1; 32]), base);
    }
}
