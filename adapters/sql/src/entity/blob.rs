//! The table `blobs`.

use sea_orm::entity::prelude::*;

/// A blob record. `sweep_at` is since when the sweeper may look at it: the
/// heartbeat of an open one, when a stored one lost its last reference, the
/// beginning of time for an abandoned one, null for one in use.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub backend: String,
    pub state: String,
    pub created_at: i64,
    pub sweep_at: Option<i64>,
    pub reserved_bytes: Option<i64>,
    pub size_bytes: Option<i64>,
    pub digest: Option<Vec<u8>>,
    pub reference_count: Option<i64>,
    pub corrupt_at: Option<i64>,
    pub revision: i64,
    pub pieces: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
