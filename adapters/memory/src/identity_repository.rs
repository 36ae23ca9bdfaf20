//! People.

use async_trait::async_trait;
use tenantry_application::ports::{IdentityRepository, PortError};
use tenantry_domain::{email::Email, id::UserId, identity::Identity};

use crate::shared::Shared;

/// Reads people.
#[derive(Debug)]
pub(crate) struct MemoryIdentityRepository {
    shared: Shared,
}

impl MemoryIdentityRepository {
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { shared }
    }

    fn find(&self, wanted: impl Fn(&Identity) -> bool) -> Option<Identity> {
        let state = self.shared.read();
        state.identities.values().find(|row| wanted(row)).cloned()
    }
}

#[async_trait]
impl IdentityRepository for MemoryIdentityRepository {
    async fn lookup(&self, id: UserId) -> Result<Option<Identity>, PortError> {
        Ok(self.shared.read().identities.get(&id).cloned())
    }

    async fn find_by_email(&self, key: &str) -> Result<Option<Identity>, PortError> {
        Ok(self.find(|row| row.email.key() == key))
    }

    async fn find_by_username(&self, key: &str) -> Result<Option<Identity>, PortError> {
        Ok(self.find(|row| row.username.as_ref().is_some_and(|name| name.key() == key)))
    }

    async fn emails(&self, ids: &[UserId]) -> Result<Vec<(UserId, Email)>, PortError> {
        let state = self.shared.read();
        let known = ids.iter().filter_map(|id| state.identities.get(id));
        Ok(known.map(|row| (row.id, row.email.clone())).collect())
    }
}
