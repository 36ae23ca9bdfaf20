//! The table `versions`.

use sea_orm::entity::prelude::*;

/// A version of a file.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub file_id: Uuid,
    pub number: i64,
    pub blob_id: Option<Uuid>,
    pub size_bytes: i64,
    pub digest: Vec<u8>,
    pub declared_type: String,
    pub media_type: String,
    pub status: String,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    pub created_by: Uuid,
    pub created_at: i64,
    pub processed_at: Option<i64>,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
