//! Collections, document ids, and the conversion of rows to documents.

use mongodb::bson::{self, Bson, RawBson, RawDocumentBuf, rawdoc};
use sea_orm::{IdenStatic, Value};
use tenantry_application::{
    ports::{PortError, PortErrorKind},
    work::Kind,
};
use tenantry_store::{
    Claim, Column, Key, Row, Stored, is_single_key, key_columns, table_name, with_stored,
};
use uuid::Uuid;

/// A collection, in the order in which a commit writes them. Epochs come last,
/// so that a reader of an epoch and then of rows never has old rows with a new
/// epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Collection {
    /// The numbers that the adapter assigns. A transaction that conflicts on
    /// one notices it before it writes anything else.
    Counters,
    /// The unique keys that rows hold.
    Claims,
    /// The rows of a kind.
    Rows(Kind),
    /// The epochs.
    Epochs,
}

impl Collection {
    /// Returns the collection of a kind.
    pub(crate) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Epoch => Self::Epochs,
            kind => Self::Rows(kind),
        }
    }

    /// Returns every collection.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let kinds = Kind::ALL.iter().map(|kind| Self::of(*kind));
        [Self::Counters, Self::Claims].into_iter().chain(kinds)
    }

    /// Returns the name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Counters => "counters",
            Self::Claims => "claims",
            Self::Rows(kind) => with_stored!(kind, T => table_name::<T>()),
            Self::Epochs => "epochs",
        }
    }

    /// Returns the collection of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::all().find(|collection| collection.name() == name)
    }
}

/// The `_id` of a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum DocumentId {
    /// The id of a row.
    Id(Uuid),
    /// The ids of a row with two, or a unique key.
    Text(String),
}

impl DocumentId {
    /// Reads the `_id` of a document.
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

impl From<Key> for DocumentId {
    fn from(key: Key) -> Self {
        match key {
            Key::Id(id) => Self::Id(id),
            Key::Pair(first, second) => Self::Text(format!("{first}/{second}")),
        }
    }
}

impl From<&DocumentId> for Bson {
    fn from(id: &DocumentId) -> Self {
        match id {
            DocumentId::Id(id) => bson_id(*id).into(),
            DocumentId::Text(text) => Self::String(text.clone()),
        }
    }
}

impl From<&DocumentId> for RawBson {
    fn from(id: &DocumentId) -> Self {
        match id {
            DocumentId::Id(id) => Self::Binary(bson_id(*id).into()),
            DocumentId::Text(text) => Self::String(text.clone()),
        }
    }
}

/// Converts an id: a binary with the UUID subtype, in the order of its bytes.
pub(crate) const fn bson_id(id: Uuid) -> bson::Uuid {
    bson::Uuid::from_bytes(*id.as_bytes())
}

/// The place of one document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Cell {
    pub(crate) collection: Collection,
    pub(crate) id: DocumentId,
}

impl Cell {
    /// Returns the cell of a row.
    pub(crate) fn of_row(kind: Kind, key: Key) -> Self {
        Self {
            collection: Collection::of(kind),
            id: key.into(),
        }
    }

    /// Returns the cell of the number of the last raise of an epoch.
    pub(crate) fn of_ordinal() -> Self {
        Self {
            collection: Collection::Counters,
            id: DocumentId::Text("epochs".to_owned()),
        }
    }

    /// Returns the cell of a unique key. Its document exists while a row holds
    /// the key: this needs no partial index for optional or released keys, and
    /// the key is written in the same commit as the row.
    pub(crate) fn of_claim(claim: &Claim) -> Self {
        let mut text = format!("{}:", claim.name);
        for value in &claim.values {
            let part = match value {
                Value::String(Some(part)) => format!("{}:{part}", part.len()),
                Value::Uuid(Some(id)) => id.to_string(),
                Value::BigInt(Some(number)) => number.to_string(),
                other => format!("{other:?}"),
            };
            text.push('/');
            text.push_str(&part);
        }
        Self {
            collection: Collection::Claims,
            id: DocumentId::Text(text),
        }
    }
}

/// Returns the name of a column's field.
pub(crate) fn field<T: Stored>(column: Column<T>) -> &'static str {
    if is_single_key::<T>(column) {
        "_id"
    } else {
        column.as_str()
    }
}

/// Converts a row to a document. A row with two ids gets an additional `_id`.
pub(crate) fn document<T: Stored>(entity: &T) -> Result<RawDocumentBuf, PortError> {
    let failed = |error| {
        let context = format!("serialize a document of {}", table_name::<T>());
        PortError::new(PortErrorKind::Internal, context).caused_by(error)
    };
    let row = bson::serialize_to_raw_document_buf(&entity.to_row()).map_err(failed)?;
    if key_columns::<T>().count() == 1 {
        return Ok(row);
    }
    let mut document = rawdoc! { "_id": RawBson::from(&DocumentId::from(entity.key())) };
    for element in row.iter_elements() {
        let element = element.map_err(failed)?;
        let value = element.value().map_err(failed)?;
        document.append(element.key(), value);
    }
    Ok(document)
}

/// Converts a document to an entity.
pub(crate) fn entity<T: Stored>(document: &RawDocumentBuf) -> Result<T, PortError> {
    let row: Row<T> = from_document(Collection::of(T::KIND), document)?;
    T::from_row(row)
}

/// Deserializes a document.
pub(crate) fn from_document<R: serde::de::DeserializeOwned>(
    collection: Collection,
    document: &RawDocumentBuf,
) -> Result<R, PortError> {
    bson::deserialize_from_slice(document.as_bytes()).map_err(|error| {
        let context = format!(
            "read a document of {}: it is corrupt; restore it from a backup",
            collection.name()
        );
        PortError::new(PortErrorKind::Corrupt, context).caused_by(error)
    })
}
