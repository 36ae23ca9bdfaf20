//! People.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use tenantry_application::ports::{IdentityRepository, PortError};
use tenantry_domain::{email::Email, id::UserId, identity::Identity};
use uuid::Uuid;

use crate::{
    convert::{Reading, Stored},
    entity::identity::{Column, Entity},
    reader::Reader,
};

/// Reads people.
#[derive(Debug, Clone)]
pub(crate) struct SqlIdentityRepository {
    pub(crate) reader: Reader,
}

#[async_trait]
impl IdentityRepository for SqlIdentityRepository {
    async fn lookup(&self, id: UserId) -> Result<Option<Identity>, PortError> {
        self.reader
            .one(Entity::find().filter(Identity::keyed(id)))
            .await
    }

    async fn find_by_email(&self, key: &str) -> Result<Option<Identity>, PortError> {
        self.reader
            .one(Entity::find().filter(Column::EmailKey.eq(key)))
            .await
    }

    async fn find_by_username(&self, key: &str) -> Result<Option<Identity>, PortError> {
        self.reader
            .one(Entity::find().filter(Column::UsernameKey.eq(key)))
            .await
    }

    async fn emails(&self, ids: &[UserId]) -> Result<Vec<(UserId, Email)>, PortError> {
        let ids = ids.iter().map(|id| id.as_uuid());
        let select = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Email])
            .filter(self.reader.dialect.id_among(Column::Id, ids))
            .into_tuple();
        let rows = async { select.all(&self.reader.executor().await?.get()).await };
        let rows: Vec<(Uuid, String)> = self.reader.ask("read e-mail addresses", rows).await?;
        rows.into_iter()
            .map(|(id, email)| {
                let read = Reading::of("identities", id);
                let email = read.parsed("email", Email::parse(&email))?;
                Ok((UserId::from_uuid(id), email))
            })
            .collect()
    }
}
