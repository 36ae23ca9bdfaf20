//! Identities.

use async_trait::async_trait;
use tenantry_application::ports::{IdentityRepository, PortError};
use tenantry_domain::{email::Email, id::UserId, identity::Identity};

use crate::{Backend, Condition, PlatformRows, Query, rows::identity::Column};

#[async_trait]
impl<B: Backend> IdentityRepository for PlatformRows<B> {
    async fn lookup(&self, id: UserId) -> Result<Option<Identity>, PortError> {
        self.backend().lookup(id.into()).await
    }

    async fn find_by_email(&self, key: &str) -> Result<Option<Identity>, PortError> {
        let query = Query::new().equal(Column::EmailKey, key);
        self.backend().find_one(query).await
    }

    async fn find_by_username(&self, key: &str) -> Result<Option<Identity>, PortError> {
        let query = Query::new().equal(Column::UsernameKey, key);
        self.backend().find_one(query).await
    }

    async fn emails(&self, ids: &[UserId]) -> Result<Vec<(UserId, Email)>, PortError> {
        let ids = ids.iter().map(|id| id.as_uuid()).collect();
        let query = Query::<Identity>::new().filter(Condition::OneOf(Column::Id, ids));
        let identities = self.backend().find(query).await?.into_iter();
        Ok(identities
            .map(|identity| (identity.id, identity.email))
            .collect())
    }
}
