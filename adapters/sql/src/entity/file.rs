//! The table `files`.

use sea_orm::entity::prelude::*;

/// A file; `name_key` is the folded last segment of its path.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "files")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub bucket: String,
    pub bucket_id: Uuid,
    pub path: String,
    pub name_key: String,
    pub tags: String,
    pub version: i64,
    pub content_version: Option<i64>,
    pub size_bytes: i64,
    pub media_type: String,
    pub digest: Vec<u8>,
    pub status: String,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    pub review: String,
    pub owner_id: Uuid,
    pub uploaded_by: Uuid,
    pub created_at: i64,
    pub updated_at: i64,
    pub processed_at: Option<i64>,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
