//! Versions of files.

use std::fmt::Display;

use mongodb::bson::{self, Binary};
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Revision, Timestamp,
    blob::Digest,
    id::{BlobId, FileId, TenantId, UserId, VersionId},
    media_type::MediaType,
    version::{Failure, FileVersion, Processing},
};

use super::{Reading, Stored, big, binary, optional, uuid};
use crate::plan::{Claim, Key, Table, bson_id};

/// A version of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VersionRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    tenant_id: bson::Uuid,
    file_id: bson::Uuid,
    number: i64,
    blob_id: Option<bson::Uuid>,
    size_bytes: i64,
    digest: Binary,
    declared_type: String,
    media_type: String,
    status: String,
    failure_code: Option<String>,
    failure_message: Option<String>,
    created_by: bson::Uuid,
    created_at: i64,
    processed_at: Option<i64>,
    revision: i64,
}

impl Stored for FileVersion {
    type Row = VersionRow;

    const TABLE: Table = Table::Versions;

    fn key(id: Self::Id) -> Key {
        Key::Id(id.as_uuid())
    }

    fn to_row(&self) -> VersionRow {
        let failure = self.processing.failure();
        VersionRow {
            id: bson_id(self.id.as_uuid()),
            tenant_id: bson_id(self.tenant_id.as_uuid()),
            file_id: bson_id(self.file_id.as_uuid()),
            number: self.number.into(),
            blob_id: optional(self.blob_id.map(BlobId::as_uuid)),
            size_bytes: big(self.size_bytes),
            digest: binary(*self.digest.as_bytes()),
            declared_type: self.declared_type.as_str().to_owned(),
            media_type: self.media_type.as_str().to_owned(),
            status: self.processing.as_str().to_owned(),
            failure_code: failure.map(|failure| failure.code.clone()),
            failure_message: failure.map(|failure| failure.message.clone()),
            created_by: bson_id(self.created_by.as_uuid()),
            created_at: self.created_at.as_millis(),
            processed_at: self.processed_at.map(Timestamp::as_millis),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: VersionRow) -> Result<Self, PortError> {
        let read = Reading::of(Table::Versions, row.id);
        let failure = row.failure_code.zip(row.failure_message);
        Ok(Self {
            id: VersionId::from_uuid(uuid(row.id)),
            tenant_id: TenantId::from_uuid(uuid(row.tenant_id)),
            file_id: FileId::from_uuid(uuid(row.file_id)),
            number: read.count("number", row.number)?,
            blob_id: row.blob_id.map(|id| BlobId::from_uuid(uuid(id))),
            size_bytes: read.count("size_bytes", row.size_bytes)?,
            digest: Digest::from_bytes(read.hash("digest", &row.digest)?),
            declared_type: read.parsed("declared_type", MediaType::parse(&row.declared_type))?,
            media_type: read.parsed("media_type", MediaType::parse(&row.media_type))?,
            processing: processing_from_fields(&read, &row.status, failure)?,
            created_by: UserId::from_uuid(uuid(row.created_by)),
            created_at: Timestamp::from_millis(row.created_at),
            processed_at: row.processed_at.map(Timestamp::from_millis),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }

    fn at(&self, revision: Revision) -> Self {
        Self {
            revision,
            ..self.clone()
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::version_number(self.file_id, self.number)]
    }
}

/// The processing that three fields tell, on files and versions alike.
pub(super) fn processing_from_fields(
    read: &Reading<impl Display>,
    status: &str,
    failure: Option<(String, String)>,
) -> Result<Processing, PortError> {
    let processing = match (status, failure) {
        ("pending", None) => Some(Processing::Pending),
        ("ready", None) => Some(Processing::Ready),
        ("failed", Some((code, message))) => Some(Processing::Failed(Failure { code, message })),
        _ => None,
    };
    read.known("status", processing)
}
