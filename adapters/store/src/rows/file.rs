//! The table `files`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::Kind,
};
use tenantry_domain::{
    Invalid, Revision, Timestamp,
    blob::Digest,
    file::{Bucket, File, Head, Place, Review},
    id::{FileId, TenantId, UserId},
    media_type::MediaType,
    path::LogicalPath,
    tags::{TagValue, Tags},
    text,
};

use super::{Pair, Pairs, Reading, Scalar, id, integer, version::processing_from_columns};
use crate::{Key, Scope, Stored, Unique};

/// A file; `name_key` is the folded last segment of its path.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "files")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    #[serde(with = "id")]
    pub tenant_id: Uuid,
    pub bucket: String,
    #[serde(with = "id")]
    pub bucket_id: Uuid,
    pub path: String,
    pub name_key: String,
    pub tags: Pairs,
    pub version: i64,
    pub content_version: Option<i64>,
    pub size_bytes: i64,
    pub media_type: String,
    pub declared_type: Option<String>,
    #[serde(with = "serde_bytes")]
    pub digest: Vec<u8>,
    pub status: String,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    pub review: String,
    #[serde(with = "id")]
    pub owner_id: Uuid,
    #[serde(with = "id")]
    pub uploaded_by: Uuid,
    pub created_at: i64,
    pub updated_at: i64,
    pub processed_at: Option<i64>,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::File;

impl Stored for File {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Tenant(Column::TenantId);
    const UNIQUE: &'static [Unique<Column>] = &[Unique {
        key: UniqueKey::FilePath,
        name: "files_path",
        columns: &[
            Column::TenantId,
            Column::Bucket,
            Column::BucketId,
            Column::Path,
        ],
    }];

    const ORDERS: &'static [&'static [Column]] = &[
        &[
            Column::TenantId,
            Column::Bucket,
            Column::BucketId,
            Column::Path,
        ],
        &[
            Column::TenantId,
            Column::Bucket,
            Column::BucketId,
            Column::NameKey,
        ],
        &[
            Column::TenantId,
            Column::Bucket,
            Column::BucketId,
            Column::CreatedAt,
        ],
        &[
            Column::TenantId,
            Column::Bucket,
            Column::BucketId,
            Column::UpdatedAt,
        ],
        &[
            Column::TenantId,
            Column::Bucket,
            Column::BucketId,
            Column::SizeBytes,
        ],
    ];

    fn key(&self) -> Key {
        self.id.into()
    }

    fn to_row(&self) -> Model {
        let failure = self.processing.failure();
        let declared_type = self.head.declared_type.as_ref();
        Model {
            id: self.id.as_uuid(),
            tenant_id: self.tenant_id.as_uuid(),
            bucket: self.place.bucket().as_str().to_owned(),
            bucket_id: self.place.owner(),
            path: self.path.as_str().to_owned(),
            name_key: text::fold(self.name()),
            tags: pairs(&self.tags),
            version: self.version.into(),
            content_version: self.content_version.map(i64::from),
            size_bytes: integer(self.head.size_bytes),
            media_type: self.head.media_type.as_str().to_owned(),
            declared_type: declared_type.map(|declared| declared.as_str().to_owned()),
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
            revision: integer(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
        let place = match read.parsed("bucket", Bucket::parse(&row.bucket))? {
            Bucket::Users => Some(Place::User(UserId::from_uuid(row.bucket_id))),
            Bucket::Companies => Some(Place::Company(TenantId::from_uuid(row.bucket_id))),
            Bucket::Projects => None,
        };
        let content_version = row
            .content_version
            .map(|number| read.count("content_version", number));
        let declared_type = row
            .declared_type
            .map(|declared| read.parsed("declared_type", MediaType::parse(&declared)));
        let failure = row.failure_code.zip(row.failure_message);
        Ok(Self {
            id: FileId::from_uuid(row.id),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            place: read.known("bucket", place)?,
            path: read.parsed("path", LogicalPath::parse(&row.path))?,
            tags: read.parsed("tags", tags(row.tags))?,
            version: read.count("version", row.version)?,
            content_version: content_version.transpose()?,
            head: Head {
                size_bytes: read.count("size_bytes", row.size_bytes)?,
                media_type: read.parsed("media_type", MediaType::parse(&row.media_type))?,
                declared_type: declared_type.transpose()?,
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
}

fn pairs(tags: &Tags) -> Pairs {
    let pairs = tags.iter().map(|(key, value)| Pair {
        key: key.to_owned(),
        value: match value {
            TagValue::Text(text) => Scalar::Text(text.clone()),
            TagValue::Integer(number) => Scalar::Integer(*number),
            TagValue::Number(number) => Scalar::Number(*number),
            TagValue::Flag(flag) => Scalar::Flag(*flag),
            TagValue::Empty => Scalar::Null(()),
        },
    });
    Pairs(pairs.collect())
}

fn tags(pairs: Pairs) -> Result<Tags, Invalid> {
    Tags::new(pairs.0.into_iter().map(|pair| {
        let value = match pair.value {
            Scalar::Text(text) => TagValue::Text(text),
            Scalar::Integer(number) => TagValue::Integer(number),
            Scalar::Number(number) => TagValue::Number(number),
            Scalar::Flag(flag) => TagValue::Flag(flag),
            Scalar::Null(()) => TagValue::Empty,
        };
        (pair.key, value)
    }))
}
