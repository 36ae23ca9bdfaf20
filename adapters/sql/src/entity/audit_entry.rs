//! The table `audit_entries`.

use sea_orm::entity::prelude::*;

/// An audit entry; its chain is the tenant's id, or the nil UUID for the
/// platform. Number and hash are null until it is sealed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub chain_id: Uuid,
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub at: i64,
    pub request_id: Option<String>,
    pub detail: String,
    pub sequence: Option<i64>,
    pub hash: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
