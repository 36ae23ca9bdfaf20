//! Documents as they are stored, and the domain to them and back.

use mongodb::bson::{self, Binary, spec::BinarySubtype};
use serde::{Serialize, de::DeserializeOwned};
use tenantry_application::{ports::PortError, work::Entity};
use tenantry_domain::Revision;
use uuid::Uuid;

use crate::plan::{Claim, Key, Table, bson_id};

mod audit;
mod blob;
mod epoch;
mod file;
mod identity;
mod job;
mod membership;
mod quota;
mod reading;
mod request;
mod role;
mod session;
mod tags;
mod tenant;
mod version;

pub(crate) use audit::{AuditChainRow, AuditEntryRow, chain_id};
pub(crate) use epoch::EpochRow;
pub(crate) use quota::QuotaRow;
pub(crate) use reading::Reading;
pub(crate) use tenant::TenantRow;

/// An entity of the domain with an id and a revision, and its document.
pub(crate) trait Stored: Entity + Clone + Sized {
    /// The document.
    type Row: Serialize + DeserializeOwned;

    /// The collection.
    const TABLE: Table;

    /// The `_id` of the document.
    fn key(id: Self::Id) -> Key;

    /// The document to write.
    fn to_row(&self) -> Self::Row;

    /// The entity of a document that was read.
    fn from_row(row: Self::Row) -> Result<Self, PortError>;

    /// The entity with another revision.
    fn at(&self, revision: Revision) -> Self;

    /// The unique keys it holds besides its id.
    fn claims(&self) -> Vec<Claim> {
        Vec::new()
    }
}

/// A count for a field: documents know signed 64-bit numbers alone. Larger
/// counts do not occur but as limits that mean "no limit", and there the
/// largest number means the same.
pub(crate) fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Bytes for a field.
pub(crate) fn binary(bytes: impl Into<Vec<u8>>) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: bytes.into(),
    }
}

/// An id of a field.
pub(crate) fn uuid(id: bson::Uuid) -> Uuid {
    Uuid::from_bytes(id.bytes())
}

/// An optional id for a field.
fn optional(id: Option<Uuid>) -> Option<bson::Uuid> {
    id.map(bson_id)
}

/// Ids for a field.
fn ids(ids: impl Iterator<Item = Uuid>) -> Vec<bson::Uuid> {
    ids.map(bson_id).collect()
}

/// The ids of a field.
fn from_ids<T>(ids: Vec<bson::Uuid>, id: fn(Uuid) -> T) -> Vec<T> {
    ids.into_iter().map(|stored| id(uuid(stored))).collect()
}
