//! People.

use async_trait::async_trait;
use mongodb::bson::{self, doc};
use serde::Deserialize;
use tenantry_application::ports::{IdentityRepository, PortError};
use tenantry_domain::{email::Email, id::UserId, identity::Identity};

use crate::{
    database::{Database, Find, IDS_AT_ONCE},
    plan::{Table, bson_id},
    rows::{Reading, uuid},
};

/// Reads people.
#[derive(Debug, Clone)]
pub(crate) struct MongoIdentityRepository {
    pub(crate) database: Database,
}

#[derive(Deserialize)]
struct Address {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    email: String,
}

#[async_trait]
impl IdentityRepository for MongoIdentityRepository {
    async fn lookup(&self, id: UserId) -> Result<Option<Identity>, PortError> {
        self.database.lookup(id).await
    }

    async fn find_by_email(&self, key: &str) -> Result<Option<Identity>, PortError> {
        self.database.one(doc! { "email_key": key }).await
    }

    async fn find_by_username(&self, key: &str) -> Result<Option<Identity>, PortError> {
        self.database.one(doc! { "username_key": key }).await
    }

    async fn emails(&self, ids: &[UserId]) -> Result<Vec<(UserId, Email)>, PortError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(IDS_AT_ONCE) {
            let ids: Vec<_> = ids.iter().map(|id| bson_id(id.as_uuid())).collect();
            let find = Find::new(Table::Identities, doc! { "_id": { "$in": ids } });
            for row in self
                .database
                .rows::<Address>(find.fields(&["email"]))
                .await?
            {
                let read = Reading::of(Table::Identities, row.id);
                let email = read.parsed("email", Email::parse(&row.email))?;
                found.push((UserId::from_uuid(uuid(row.id)), email));
            }
        }
        Ok(found)
    }
}
