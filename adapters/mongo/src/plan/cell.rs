//! Where things are stored.

use mongodb::bson::{self, Bson, RawBson};
use uuid::Uuid;

/// The collections of stored things, in the order in which they are written:
/// epochs come after what they are raised for, so that who reads an epoch
/// first and rows afterwards never has old rows with a new epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Table {
    Claims,
    Identities,
    Tenants,
    Roles,
    Memberships,
    Sessions,
    Files,
    Blobs,
    Versions,
    Jobs,
    Requests,
    AuditEntries,
    AuditChains,
    Quotas,
    Epochs,
}

impl Table {
    pub(crate) const ALL: [Self; 15] = [
        Self::Claims,
        Self::Identities,
        Self::Tenants,
        Self::Roles,
        Self::Memberships,
        Self::Sessions,
        Self::Files,
        Self::Blobs,
        Self::Versions,
        Self::Jobs,
        Self::Requests,
        Self::AuditEntries,
        Self::AuditChains,
        Self::Quotas,
        Self::Epochs,
    ];

    /// The name of the collection.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Claims => "claims",
            Self::Identities => "identities",
            Self::Tenants => "tenants",
            Self::Roles => "roles",
            Self::Memberships => "memberships",
            Self::Sessions => "sessions",
            Self::Files => "files",
            Self::Blobs => "blobs",
            Self::Versions => "versions",
            Self::Jobs => "jobs",
            Self::Requests => "idempotency_records",
            Self::AuditEntries => "audit_entries",
            Self::AuditChains => "audit_chains",
            Self::Quotas => "quotas",
            Self::Epochs => "epochs",
        }
    }

    /// The collection of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }
}

/// The `_id` of a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Id(Uuid),
    Text(String),
}

impl Key {
    /// The key that a document has as its `_id`.
    pub(crate) fn from_bson(id: &Bson) -> Option<Self> {
        match id {
            Bson::String(text) => Some(Self::Text(text.clone())),
            Bson::Binary(binary) => {
                let id = binary.to_uuid().ok()?;
                Some(Self::Id(Uuid::from_bytes(id.bytes())))
            }
            _ => None,
        }
    }
}

impl From<&Key> for Bson {
    fn from(key: &Key) -> Self {
        match key {
            Key::Id(id) => bson_id(*id).into(),
            Key::Text(text) => Self::String(text.clone()),
        }
    }
}

impl From<&Key> for RawBson {
    fn from(key: &Key) -> Self {
        match key {
            Key::Id(id) => Self::Binary(bson_id(*id).into()),
            Key::Text(text) => Self::String(text.clone()),
        }
    }
}

impl From<Uuid> for Key {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// An id as documents hold it: binary, in the order of its bytes.
pub(crate) const fn bson_id(id: Uuid) -> bson::Uuid {
    bson::Uuid::from_bytes(*id.as_bytes())
}

/// The place of one document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Cell {
    pub(crate) table: Table,
    pub(crate) key: Key,
}

impl Cell {
    pub(crate) fn new(table: Table, key: impl Into<Key>) -> Self {
        Self {
            table,
            key: key.into(),
        }
    }
}
