//! The table `identities`.

use sea_orm::entity::prelude::*;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub email: String,
    pub email_key: String,
    pub email_verified: bool,
    pub username: Option<String>,
    pub username_key: Option<String>,
    pub display_name: Option<String>,
    pub password_hash: Option<String>,
    pub status: String,
    pub platform_admin: bool,
    pub last_tenant_id: Option<Uuid>,
    pub created_at: i64,
    pub last_login_at: Option<i64>,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
