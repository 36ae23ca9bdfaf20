//! Files.

use mongodb::bson::{self, Binary};
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Revision, Timestamp,
    blob::Digest,
    file::{Bucket, File, Head, Place, Review},
    id::{FileId, TenantId, UserId},
    media_type::MediaType,
    path::LogicalPath,
    text,
};

use super::{
    Reading, Stored, big, binary,
    tags::{self, TagRow},
    uuid,
    version::processing_from_fields,
};
use crate::plan::{Claim, Key, Table, bson_id};

/// A file; `name_key` is the folded last segment of its path.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FileRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    tenant_id: bson::Uuid,
    bucket: String,
    bucket_id: bson::Uuid,
    path: String,
    name_key: String,
    tags: Vec<TagRow>,
    version: i64,
    content_version: Option<i64>,
    size_bytes: i64,
    media_type: String,
    digest: Binary,
    status: String,
    failure_code: Option<String>,
    failure_message: Option<String>,
    review: String,
    owner_id: bson::Uuid,
    uploaded_by: bson::Uuid,
    created_at: i64,
    updated_at: i64,
    processed_at: Option<i64>,
    revision: i64,
}

impl Stored for File {
    type Row = FileRow;

    const TABLE: Table = Table::Files;

    fn key(id: Self::Id) -> Key {
        Key::Id(id.as_uuid())
    }

    fn to_row(&self) -> FileRow {
        let failure = self.processing.failure();
        FileRow {
            id: bson_id(self.id.as_uuid()),
            tenant_id: bson_id(self.tenant_id.as_uuid()),
            bucket: self.place.bucket().as_str().to_owned(),
            bucket_id: bson_id(self.place.owner()),
            path: self.path.as_str().to_owned(),
            name_key: text::fold(self.name()),
            tags: tags::to_rows(&self.tags),
            version: self.version.into(),
            content_version: self.content_version.map(i64::from),
            size_bytes: big(self.head.size_bytes),
            media_type: self.head.media_type.as_str().to_owned(),
            digest: binary(*self.head.digest.as_bytes()),
            status: self.processing.as_str().to_owned(),
            failure_code: failure.map(|failure| failure.code.clone()),
            failure_message: failure.map(|failure| failure.message.clone()),
            review: self.review.as_str().to_owned(),
            owner_id: bson_id(self.owner_id.as_uuid()),
            uploaded_by: bson_id(self.uploaded_by.as_uuid()),
            created_at: self.created_at.as_millis(),
            updated_at: self.updated_at.as_millis(),
            processed_at: self.processed_at.map(Timestamp::as_millis),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: FileRow) -> Result<Self, PortError> {
        let read = Reading::of(Table::Files, row.id);
        let place = match read.parsed("bucket", Bucket::parse(&row.bucket))? {
            Bucket::Users => Some(Place::User(UserId::from_uuid(uuid(row.bucket_id)))),
            Bucket::Companies => Some(Place::Company(TenantId::from_uuid(uuid(row.bucket_id)))),
            Bucket::Projects => None,
        };
        let content_version = row
            .content_version
            .map(|number| read.count("content_version", number));
        let failure = row.failure_code.zip(row.failure_message);
        Ok(Self {
            id: FileId::from_uuid(uuid(row.id)),
            tenant_id: TenantId::from_uuid(uuid(row.tenant_id)),
            place: read.known("bucket", place)?,
            path: read.parsed("path", LogicalPath::parse(&row.path))?,
            tags: tags::from_rows(&read, row.tags)?,
            version: read.count("version", row.version)?,
            content_version: content_version.transpose()?,
            head: Head {
                size_bytes: read.count("size_bytes", row.size_bytes)?,
                media_type: read.parsed("media_type", MediaType::parse(&row.media_type))?,
                digest: Digest::from_bytes(read.hash("digest", &row.digest)?),
            },
            processing: processing_from_fields(&read, &row.status, failure)?,
            review: read.known("review", Review::parse(&row.review))?,
            owner_id: UserId::from_uuid(uuid(row.owner_id)),
            uploaded_by: UserId::from_uuid(uuid(row.uploaded_by)),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
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
        vec![Claim::file_path(
            self.tenant_id,
            self.place,
            self.path.as_str(),
        )]
    }
}
