//! The table `idempotency_records`.

use sea_orm::entity::prelude::*;

/// A request with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_records")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// All zeros without a tenant: a unique key does not hold over nulls.
    pub tenant_id: Uuid,
    pub user_id: Uuid,
    pub operation: String,
    pub key: String,
    pub blob_id: Option<Uuid>,
    pub fingerprint: Option<Vec<u8>>,
    pub answer: Option<String>,
    pub created_at: i64,
    pub expires_at: i64,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
