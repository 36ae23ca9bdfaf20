//! The table `versions`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::Kind,
};
use tenantry_domain::{
    Revision, Timestamp,
    blob::Digest,
    id::{BlobId, FileId, TenantId, UserId, VersionId},
    media_type::MediaType,
    version::{Failure, FileVersion, Processing},
};

use super::{Reading, id, integer};
use crate::{Key, Scope, Stored, Unique};

/// A version of a file.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    #[serde(with = "id")]
    pub tenant_id: Uuid,
    #[serde(with = "id")]
    pub file_id: Uuid,
    pub number: i64,
    #[serde(with = "id::optional")]
    pub blob_id: Option<Uuid>,
    pub size_bytes: i64,
    /// Null in rows of earlier programs, which charged the size.
    pub charged_bytes: Option<i64>,
    #[serde(with = "serde_bytes")]
    pub digest: Vec<u8>,
    pub declared_type: String,
    pub media_type: String,
    pub status: String,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    #[serde(with = "id")]
    pub created_by: Uuid,
    pub created_at: i64,
    pub processed_at: Option<i64>,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Version;

impl Stored for FileVersion {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Tenant(Column::TenantId);
    const UNIQUE: &'static [Unique<Column>] = &[Unique {
        key: UniqueKey::VersionNumber,
        name: "versions_number",
        columns: &[Column::TenantId, Column::FileId, Column::Number],
    }];

    const LOOKUPS: &'static [&'static [Column]] = &[
        &[Column::TenantId, Column::BlobId],
        &[Column::TenantId, Column::Id],
    ];

    fn key(&self) -> Key {
        self.id.into()
    }

    fn to_row(&self) -> Model {
        let failure = self.processing.failure();
        Model {
            id: self.id.as_uuid(),
            tenant_id: self.tenant_id.as_uuid(),
            file_id: self.file_id.as_uuid(),
            number: self.number.into(),
            blob_id: self.blob_id.map(BlobId::as_uuid),
            size_bytes: integer(self.size_bytes),
            charged_bytes: Some(integer(self.charged_bytes)),
            digest: self.digest.as_bytes().to_vec(),
            declared_type: self.declared_type.as_str().to_owned(),
            media_type: self.media_type.as_str().to_owned(),
            status: self.processing.as_str().to_owned(),
            failure_code: failure.map(|failure| failure.code.clone()),
            failure_message: failure.map(|failure| failure.message.clone()),
            created_by: self.created_by.as_uuid(),
            created_at: self.created_at.as_millis(),
            processed_at: self.processed_at.map(Timestamp::as_millis),
            revision: integer(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
        let failure = row.failure_code.zip(row.failure_message);
        Ok(Self {
            id: VersionId::from_uuid(row.id),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            file_id: FileId::from_uuid(row.file_id),
            number: read.count("number", row.number)?,
            blob_id: row.blob_id.map(BlobId::from_uuid),
            size_bytes: read.count("size_bytes", row.size_bytes)?,
            charged_bytes: read
                .count("charged_bytes", row.charged_bytes.unwrap_or(row.size_bytes))?,
            digest: Digest::from_bytes(read.bytes("digest", &row.digest)?),
            declared_type: read.parsed("declared_type", MediaType::parse(&row.declared_type))?,
            media_type: read.parsed("media_type", MediaType::parse(&row.media_type))?,
            processing: processing_from_columns(&read, &row.status, failure)?,
            created_by: UserId::from_uuid(row.created_by),
            created_at: Timestamp::from_millis(row.created_at),
            processed_at: row.processed_at.map(Timestamp::from_millis),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }
}

/// Converts the processing state, which files and versions store alike.
pub(super) fn processing_from_columns(
    read: &Reading,
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
