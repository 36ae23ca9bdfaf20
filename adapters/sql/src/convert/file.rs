//! Files.

use sea_orm::{ColumnTrait, Condition};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::{Change, Write},
};
use tenantry_domain::{
    Revision, Timestamp,
    blob::Digest,
    file::{Bucket, File, Head, Place, Review},
    id::{FileId, TenantId, UserId},
    media_type::MediaType,
    path::LogicalPath,
    text,
};

use super::{Reading, Stored, big, of_tenant, tags, version::processing_from_columns};
use crate::entity::file::{Column, Entity, Model};

impl Stored for File {
    type Table = Entity;

    const REVISION: Column = Column::Revision;
    const FIXED: &'static [Column] = &[Column::Id, Column::TenantId];

    fn keyed(id: FileId) -> Condition {
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
            bucket: self.place.bucket().as_str().to_owned(),
            bucket_id: self.place.owner(),
            path: self.path.as_str().to_owned(),
            name_key: text::fold(self.name()),
            tags: tags::to_json(&self.tags),
            version: self.version.into(),
            content_version: self.content_version.map(i64::from),
            size_bytes: big(self.head.size_bytes),
            media_type: self.head.media_type.as_str().to_owned(),
            digest: self.head.digest.as_bytes().to_vec(),
            status: self.processing.as_str().to_owned(),
            failure_code: failure.map(|failure| failure.code.clone()),
            failure_message: failure.map(|failure| failure.message.clone()),
            review: self.review.as_str().to_owned(),
            owner_id: self.owner_id.as_uuid(),
            uploaded_by: self.uploaded_by.as_uuid(),
            created_at: self.created_at.as_millis(),
            updated_at: self.updated_at.as_millis(),
            processed_at: self.processed_at.map(Timestamp::as_millis),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of("files", row.id);
        let place = match read.parsed("bucket", Bucket::parse(&row.bucket))? {
            Bucket::Users => Some(Place::User(UserId::from_uuid(row.bucket_id))),
            Bucket::Companies => Some(Place::Company(TenantId::from_uuid(row.bucket_id))),
            Bucket::Projects => None,
        };
        let content_version = row
            .content_version
            .map(|number| read.count("content_version", number));
        let failure = row.failure_code.zip(row.failure_message);
        Ok(Self {
            id: FileId::from_uuid(row.id),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            place: read.known("bucket", place)?,
            path: read.parsed("path", LogicalPath::parse(&row.path))?,
            tags: tags::from_json(&read, &row.tags)?,
            version: read.count("version", row.version)?,
            content_version: content_version.transpose()?,
            head: Head {
                size_bytes: read.count("size_bytes", row.size_bytes)?,
                media_type: read.parsed("media_type", MediaType::parse(&row.media_type))?,
                digest: Digest::from_bytes(read.bytes("digest", &row.digest)?),
            },
            processing: processing_from_columns(&read, &row.status, failure)?,
            review: read.known("review", Review::parse(&row.review))?,
            owner_id: UserId::from_uuid(row.owner_id),
            uploaded_by: UserId::from_uuid(row.uploaded_by),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            processed_at: row.processed_at.map(Timestamp::from_millis),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }

    fn written_by(change: &Change) -> Option<&Write<Self>> {
        match change {
            Change::File(write) => Some(write),
            _ => None,
        }
    }

    fn unique_keys(&self) -> Vec<(UniqueKey, Condition)> {
        let path = Self::within(Some(self.tenant_id))
            .add(in_place(self.place))
            .add(Column::Path.eq(self.path.as_str()));
        vec![(UniqueKey::FilePath, path)]
    }
}

/// Files of one space.
pub(crate) fn in_place(place: Place) -> Condition {
    Condition::all()
        .add(Column::Bucket.eq(place.bucket().as_str()))
        .add(Column::BucketId.eq(place.owner()))
}
