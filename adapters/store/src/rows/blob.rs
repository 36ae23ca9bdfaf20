//! The table `blobs`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{ports::PortError, work::Kind};
use tenantry_domain::{
    Revision, Timestamp,
    blob::{BackendName, Blob, BlobState, Content, Digest},
    id::{BlobId, TenantId},
};

use super::{Reading, id, integer};
use crate::{Key, Scope, Stored};

/// The sweep time of an abandoned blob, before every instant.
const BEFORE_ALL: i64 = i64::MIN;

/// A blob record. `sweep_at` is the time from which the sweeper considers it:
/// the heartbeat of an open blob, the loss of the last reference of a stored
/// one, the minimum for an abandoned one, null for one in use.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "blobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    #[serde(with = "id")]
    pub tenant_id: Uuid,
    pub backend: String,
    pub state: String,
    pub created_at: i64,
    pub sweep_at: Option<i64>,
    pub reserved_bytes: Option<i64>,
    pub size_bytes: Option<i64>,
    #[serde(with = "serde_bytes")]
    pub digest: Option<Vec<u8>>,
    pub reference_count: Option<i64>,
    pub corrupt_at: Option<i64>,
    pub revision: i64,
    #[serde(with = "serde_bytes")]
    pub pieces: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Blob;

impl Stored for Blob {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Tenant(Column::TenantId);

    const LOOKUPS: &'static [&'static [Column]] = &[
        &[Column::TenantId, Column::Digest],
        &[Column::TenantId, Column::Id],
        &[Column::SweepAt, Column::TenantId],
        &[Column::TenantId, Column::SweepAt, Column::Id],
    ];

    fn key(&self) -> Key {
        self.id.into()
    }

    fn to_row(&self) -> Model {
        let mut row = Model {
            id: self.id.as_uuid(),
            tenant_id: self.tenant_id.as_uuid(),
            backend: self.backend.as_str().to_owned(),
            state: self.state.as_str().to_owned(),
            created_at: self.created_at.as_millis(),
            sweep_at: None,
            reserved_bytes: None,
            size_bytes: None,
            digest: None,
            reference_count: None,
            corrupt_at: None,
            revision: integer(self.revision.number()),
            pieces: None,
        };
        match &self.state {
            BlobState::Open {
                reserved_bytes,
                heartbeat_at,
            } => {
                row.reserved_bytes = Some(integer(*reserved_bytes));
                row.sweep_at = Some(heartbeat_at.as_millis());
            }
            BlobState::Stored {
                content,
                references,
                unreferenced_at,
                corrupt_at,
            } => {
                row.size_bytes = Some(integer(content.size_bytes));
                row.digest = Some(content.digest.as_bytes().to_vec());
                row.pieces = Some(pieces_to_bytes(&content.pieces));
                row.reference_count = Some((*references).into());
                row.sweep_at = unreferenced_at.map(Timestamp::as_millis);
                row.corrupt_at = corrupt_at.map(Timestamp::as_millis);
            }
            BlobState::Abandoned => row.sweep_at = Some(BEFORE_ALL),
        }
        row
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
        let state = match row.state.as_str() {
            "open" => {
                let reserved_bytes = read.known("reserved_bytes", row.reserved_bytes)?;
                BlobState::Open {
                    reserved_bytes: read.count("reserved_bytes", reserved_bytes)?,
                    heartbeat_at: Timestamp::from_millis(read.known("sweep_at", row.sweep_at)?),
                }
            }
            "stored" => {
                let references = read.known("reference_count", row.reference_count)?;
                BlobState::Stored {
                    references: read.count("reference_count", references)?,
                    unreferenced_at: row.sweep_at.map(Timestamp::from_millis),
                    corrupt_at: row.corrupt_at.map(Timestamp::from_millis),
                    content: content(&read, row.size_bytes, row.digest, row.pieces)?,
                }
            }
            "abandoned" => BlobState::Abandoned,
            _ => return Err(read.corrupt("state", "not a known value")),
        };
        Ok(Self {
            id: BlobId::from_uuid(row.id),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            backend: read.parsed("backend", BackendName::parse(&row.backend))?,
            state,
            created_at: Timestamp::from_millis(row.created_at),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }
}

fn content(
    read: &Reading,
    size_bytes: Option<i64>,
    digest: Option<Vec<u8>>,
    pieces: Option<Vec<u8>>,
) -> Result<Content, PortError> {
    let digest = read.known("digest", digest)?;
    let pieces = read.known("pieces", pieces)?;
    let (pieces, []) = pieces.as_chunks::<4>() else {
        return Err(read.corrupt("pieces", "must have four bytes a piece"));
    };
    Ok(Content {
        size_bytes: read.count("size_bytes", read.known("size_bytes", size_bytes)?)?,
        digest: Digest::from_bytes(read.bytes("digest", &digest)?),
        pieces: pieces
            .iter()
            .map(|piece| u32::from_le_bytes(*piece))
            .collect(),
    })
}

fn pieces_to_bytes(pieces: &[u32]) -> Vec<u8> {
    pieces
        .iter()
        .flat_map(|piece| piece.to_le_bytes())
        .collect()
}
