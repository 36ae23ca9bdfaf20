//! The index of the live sessions of a user.

use sea_orm_migration::prelude::*;

use super::columns::index;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = ["user_id", "revoked_at", "rotated_at", "id"];
        let live = index("sessions_live", "sessions", &columns);
        manager.create_index(live).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
