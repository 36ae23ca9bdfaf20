//! Blob records.

use sea_orm::{ColumnTrait, Condition};
use tenantry_application::{
    ports::PortError,
    work::{Change, Write},
};
use tenantry_domain::{
    Revision, Timestamp,
    blob::{BackendName, Blob, BlobState, Content, Digest},
    id::{BlobId, TenantId},
};

use super::{Reading, Stored, big, of_tenant};
use crate::entity::blob::{Column, Entity, Model};

/// Before any instant: an abandoned blob is due at once.
const BEFORE_ALL: i64 = i64::MIN;

impl Stored for Blob {
    type Table = Entity;

    const REVISION: Column = Column::Revision;
    const FIXED: &'static [Column] = &[Column::Id, Column::TenantId];

    fn keyed(id: BlobId) -> Condition {
        Condition::all().add(Column::Id.eq(id.as_uuid()))
    }

    fn within(tenant: Option<TenantId>) -> Condition {
        of_tenant(Column::TenantId, tenant)
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
            revision: big(self.revision.number()),
            pieces: None,
        };
        match &self.state {
            BlobState::Open {
                reserved_bytes,
                heartbeat_at,
            } => {
                row.reserved_bytes = Some(big(*reserved_bytes));
                row.sweep_at = Some(heartbeat_at.as_millis());
            }
            BlobState::Stored {
                content,
                references,
                unreferenced_at,
                corrupt_at,
            } => {
                row.size_bytes = Some(big(content.size_bytes));
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
        let read = Reading::of("blobs", row.id);
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

    fn written_by(change: &Change) -> Option<&Write<Self>> {
        match change {
            Change::Blob(write) => Some(write),
            _ => None,
        }
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
