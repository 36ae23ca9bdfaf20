//! Reads and commits, as the shared store code expects them.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_application::{
    ports::{CommitError, PortError, Usage},
    work::UnitOfWork,
};
use tenantry_domain::{Timestamp, id::TenantId};
use tenantry_store::{Backend, Expiring, Query, RowReader, Stored};

use crate::{
    collection::field,
    commit::{Command, Commits},
    database::Database,
    filter,
};

/// The database, and the writer.
#[derive(Debug, Clone)]
pub(crate) struct MongoBackend {
    pub(crate) database: Database,
    pub(crate) commits: Arc<Commits>,
}

#[async_trait]
impl RowReader for MongoBackend {
    async fn find<T: Stored>(&self, query: Query<T>) -> Result<Vec<T>, PortError> {
        self.database.entities(filter::find(&query)).await
    }

    async fn count<T: Stored>(&self, query: Query<T>, cap: Option<u64>) -> Result<u64, PortError> {
        let find = filter::find(&query);
        self.database.count(find, cap).await
    }
}

#[async_trait]
impl Backend for MongoBackend {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        self.commits.commit(unit).await
    }

    async fn purge_expired<T: Expiring>(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, PortError> {
        let command = Command::Purge {
            kind: <T as Stored>::KIND,
            expiry: field::<T>(T::EXPIRES_AT),
            before,
            limit,
        };
        self.commits.run(None, command).await?.count()
    }

    /// Runs in the writer: only there nothing changes meanwhile.
    async fn usage(&self, tenant: TenantId) -> Result<Usage, PortError> {
        let command = Command::Usage { tenant };
        self.commits.run(Some(tenant), command).await?.usage()
    }
}
