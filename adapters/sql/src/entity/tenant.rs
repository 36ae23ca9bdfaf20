//! The table `tenants`.

use sea_orm::entity::prelude::*;

/// A tenant. The two key columns are null while it is being deleted, which frees its names.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub name_key: Option<String>,
    pub subdomain: String,
    pub subdomain_key: Option<String>,
    pub status: String,
    pub isolation: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub members_version: i64,
    pub roles_version: i64,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
