//! Blob records.

use std::fmt::Display;

use mongodb::bson::{self, Binary};
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Revision, Timestamp,
    blob::{BackendName, Blob, BlobState, Content, Digest},
    id::{BlobId, TenantId},
};

use super::{Reading, Stored, big, binary, uuid};
use crate::plan::{Key, Table, bson_id};

/// Before any instant: an abandoned blob is due at once.
const BEFORE_ALL: i64 = i64::MIN;

/// A blob record. `sweep_at` is since when the sweeper may look at it: the
/// heartbeat of an open one, when a stored one lost its last reference, the
/// beginning of time for an abandoned one, null for one in use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BlobRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    tenant_id: bson::Uuid,
    backend: String,
    state: String,
    created_at: i64,
    sweep_at: Option<i64>,
    reserved_bytes: Option<i64>,
    size_bytes: Option<i64>,
    digest: Option<Binary>,
    reference_count: Option<i64>,
    corrupt_at: Option<i64>,
    revision: i64,
    pieces: Option<Binary>,
}

impl Stored for Blob {
    type Row = BlobRow;

    const TABLE: Table = Table::Blobs;

    fn key(id: Self::Id) -> Key {
        Key::Id(id.as_uuid())
    }

    fn to_row(&self) -> BlobRow {
        let mut row = BlobRow {
            id: bson_id(self.id.as_uuid()),
            tenant_id: bson_id(self.tenant_id.as_uuid()),
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
                row.digest = Some(binary(*content.digest.as_bytes()));
                row.pieces = Some(binary(pieces_to_bytes(&content.pieces)));
                row.reference_count = Some((*references).into());
                row.sweep_at = unreferenced_at.map(Timestamp::as_millis);
                row.corrupt_at = corrupt_at.map(Timestamp::as_millis);
            }
            BlobState::Abandoned => row.sweep_at = Some(BEFORE_ALL),
        }
        row
    }

    fn from_row(row: BlobRow) -> Result<Self, PortError> {
        let read = Reading::of(Table::Blobs, row.id);
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
            id: BlobId::from_uuid(uuid(row.id)),
            tenant_id: TenantId::from_uuid(uuid(row.tenant_id)),
            backend: read.parsed("backend", BackendName::parse(&row.backend))?,
            state,
            created_at: Timestamp::from_millis(row.created_at),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }

    fn at(&self, revision: Revision) -> Self {
        Self {
            revision,
            ..self.clone()
        }
    }
}

fn content(
    read: &Reading<impl Display>,
    size_bytes: Option<i64>,
    digest: Option<Binary>,
    pieces: Option<Binary>,
) -> Result<Content, PortError> {
    let digest = read.known("digest", digest)?;
    let pieces = read.known("pieces", pieces)?;
    let (pieces, []) = pieces.bytes.as_chunks::<4>() else {
        return Err(read.corrupt("pieces", "must have four bytes a piece"));
    };
    Ok(Content {
        size_bytes: read.count("size_bytes", read.known("size_bytes", size_bytes)?)?,
        digest: Digest::from_bytes(read.hash("digest", &digest)?),
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
