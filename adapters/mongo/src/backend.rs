//! Reads and commits, as the shared store code expects them.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_application::{
    ports::{CommitError, EpochChange, EpochChanges, EpochPosition, PortError, Usage},
    work::UnitOfWork,
};
use tenantry_domain::{Timestamp, id::TenantId};
use tenantry_store::{
    Backend, Condition, Expiring, Query, RowReader, Stored, epochs_in_order, rows::epoch::Column,
};

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

    /// Reads committed raises only: the number of one that is rolled back is
    /// assigned again. Epochs without a number are those that processes of an
    /// earlier version raise; they are always returned.
    async fn epochs_since(&self, since: Option<EpochPosition>) -> Result<EpochChanges, PortError> {
        if !self.commits.has_transactions() {
            return epochs_in_order(self, since).await;
        }
        let majority = Majority(self.database.clone());
        let mut raised = epochs_in_order(&majority, since).await?;
        if since.is_some() {
            let unnumbered = Query::<EpochChange>::new().filter(Condition::Null(Column::Ordinal));
            raised.changes.extend(majority.find(unnumbered).await?);
        }
        Ok(raised)
    }

    /// Runs in the writer: only there nothing changes meanwhile.
    async fn usage(&self, tenant: TenantId) -> Result<Usage, PortError> {
        let command = Command::Usage { tenant };
        self.commits.run(Some(tenant), command).await?.usage()
    }
}

/// Reads of data that no failover rolls back.
#[derive(Debug, Clone)]
struct Majority(Database);

#[async_trait]
impl RowReader for Majority {
    async fn find<T: Stored>(&self, query: Query<T>) -> Result<Vec<T>, PortError> {
        self.0.entities(filter::find(&query).majority()).await
    }

    async fn count<T: Stored>(&self, query: Query<T>, cap: Option<u64>) -> Result<u64, PortError> {
        self.0.count(filter::find(&query).majority(), cap).await
    }
}
