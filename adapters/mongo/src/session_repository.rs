//! Sessions.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_application::ports::{PortError, SessionRepository};
use tenantry_domain::{Timestamp, id::SessionId, session::Session};

use crate::{
    commit::{Command, Commits},
    database::Database,
};

/// Reads sessions, and removes those that have expired.
#[derive(Debug, Clone)]
pub(crate) struct MongoSessionRepository {
    pub(crate) database: Database,
    pub(crate) commits: Arc<Commits>,
}

#[async_trait]
impl SessionRepository for MongoSessionRepository {
    async fn lookup(&self, id: SessionId) -> Result<Option<Session>, PortError> {
        self.database.lookup(id).await
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        let command = Command::PurgeSessions { before, limit };
        self.commits.run(None, command).await?.count()
    }
}
