//! Versions of files.

use sea_orm::{ColumnTrait, Condition};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::{Change, Write},
};
use tenantry_domain::{
    Revision, Timestamp,
    blob::Digest,
    id::{BlobId, FileId, TenantId, UserId, VersionId},
    media_type::MediaType,
    version::{Failure, FileVersion, Processing},
};

use super::{Reading, Stored, big, of_tenant};
use crate::entity::version::{Column, Entity, Model};

impl Stored for FileVersion {
    type Table = Entity;

    const REVISION: Column = Column::Revision;
    const FIXED: &'static [Column] = &[Column::Id, Column::TenantId];

    fn keyed(id: VersionId) -> Condition {
        Condition::all().add(Column::Id.eq(id.as_uuid()))
    }

    fn within(tenant: Option<TenantId>) -> Condition {
        of_tenant(Column::TenantId, tenant)
    }

    fn to_row(&self) -> Model {
        let failure = self.processing.failure();
        Model {
            id: self.id.as_uuid(),
            tenant_id: self.tenant_id.as_uuid(),
            file_id: self.file_id.as_uuid(),
            number: self.number.into(),
            blob_id: self.blob_id.map(BlobId::as_uuid),
            size_bytes: big(self.size_bytes),
            digest: self.digest.as_bytes().to_vec(),
            declared_type: self.declared_type.as_str().to_owned(),
            media_type: self.media_type.as_str().to_owned(),
            status: self.processing.as_str().to_owned(),
            failure_code: failure.map(|failure| failure.code.clone()),
            failure_message: failure.map(|failure| failure.message.clone()),
            created_by: self.created_by.as_uuid(),
            created_at: self.created_at.as_millis(),
            processed_at: self.processed_at.map(Timestamp::as_millis),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of("versions", row.id);
        let failure = row.failure_code.zip(row.failure_message);
        Ok(Self {
            id: VersionId::from_uuid(row.id),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            file_id: FileId::from_uuid(row.file_id),
            number: read.count("number", row.number)?,
            blob_id: row.blob_id.map(BlobId::from_uuid),
            size_bytes: read.count("size_bytes", row.size_bytes)?,
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

    fn written_by(change: &Change) -> Option<&Write<Self>> {
        match change {
            Change::Version(write) => Some(write),
            _ => None,
        }
    }

    fn unique_keys(&self) -> Vec<(UniqueKey, Condition)> {
        let number = Self::within(Some(self.tenant_id))
            .add(Column::FileId.eq(self.file_id.as_uuid()))
            .add(Column::Number.eq(i64::from(self.number)));
        vec![(UniqueKey::VersionNumber, number)]
    }
}

/// The processing that three columns tell, on files and versions alike.
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
