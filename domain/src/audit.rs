//! Audit entries and the chain that makes a missing or changed one visible.

use std::collections::BTreeMap;

use crate::{
    Timestamp,
    id::{AuditId, TenantId, UserId},
};

/// One thing that was done. Written in the commit that did it, sealed into
/// the chain of its tenant shortly after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// The tenant whose chain it is in; `None`: the platform's.
    pub tenant_id: Option<TenantId>,
    /// Who did it.
    pub actor: Actor,
    /// What was done, `area.verb`.
    pub action: String,
    /// The kind of thing it was done to.
    pub subject_kind: String,
    /// Its id.
    pub subject_id: String,
    /// When.
    pub at: Timestamp,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// What else matters; never a secret.
    pub detail: BTreeMap<String, String>,
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    Person(UserId),
    /// The service itself: a job, the upkeep, the command line.
    System,
}

impl Actor {
    /// The person, if it was one.
    pub const fn person(self) -> Option<UserId> {
        match self {
            Self::Person(id) => Some(id),
            Self::System => None,
        }
    }
}

/// An entry's place in its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Its number, from 1 without gaps.
    pub sequence: u64,
    /// Keyed hash over the entry and the hash before it.
    pub hash: [u8; 32],
}

/// The end of a chain so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The number of the last sealed entry; 0 where there is none.
    pub sequence: u64,
    /// Its hash; zeroes where there is none.
    pub hash: [u8; 32],
}

impl ChainHead {
    /// The chain without an entry.
    pub const EMPTY: Self = Self {
        sequence: 0,
        hash: [0; 32],
    };
}

impl AuditEntry {
    /// The bytes that its hash covers: the number and the hash before it, then
    /// every field with its length in front, so that no two entries share them.
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
    fn every_field_counts() {
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
