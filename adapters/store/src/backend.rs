//! The interface that a store implements.

use std::fmt::Debug;

use async_trait::async_trait;
use tenantry_application::{
    ports::{CommitError, EpochChanges, EpochPosition, PortError, Usage},
    work::UnitOfWork,
};
use tenantry_domain::{
    Timestamp,
    email::Email,
    file::File,
    id::{FileId, TenantId},
    identity::Identity,
};

use crate::stored::Stored;
use crate::{Column, Key, Query, StoredEntity};

/// Reads rows.
#[async_trait]
pub trait RowReader: Clone + Debug + Send + Sync + 'static {
    /// Returns the rows that a query finds, in its order.
    async fn find<T: Stored>(&self, query: Query<T>) -> Result<Vec<T>, PortError>;

    /// Counts the rows that a query finds, up to `cap`.
    async fn count<T: Stored>(&self, query: Query<T>, cap: Option<u64>) -> Result<u64, PortError>;

    /// Returns the row of a primary key.
    async fn lookup<T: Stored>(&self, key: Key) -> Result<Option<T>, PortError> {
        self.find_one(Query::new().key(key)).await
    }

    /// Returns the row of a primary key if it belongs to a tenant.
    async fn lookup_of<T: Stored>(
        &self,
        tenant: TenantId,
        key: Key,
    ) -> Result<Option<T>, PortError> {
        self.find_one(Query::of_tenant(tenant).key(key)).await
    }

    /// Returns the first row that a query finds.
    async fn find_one<T: Stored>(&self, query: Query<T>) -> Result<Option<T>, PortError> {
        Ok(self.find(query.limit(1)).await?.into_iter().next())
    }
}

/// A metadata store: reads, commits, and the operations that each store does
/// its own way.
#[async_trait]
pub trait Backend: RowReader {
    /// Returns the backend for reads of one tenant, behind row-level security
    /// where the store has it.
    #[must_use]
    fn of_tenant(&self, _tenant: TenantId) -> Self {
        self.clone()
    }

    /// Applies all of a unit or nothing. The commit completes even if the
    /// future is dropped.
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError>;

    /// Deletes up to `limit` rows that expired before an instant, and returns
    /// their number.
    async fn purge_expired<T: Expiring>(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, PortError>;

    /// Returns the storage usage of a tenant as of one instant.
    async fn usage(&self, tenant: TenantId) -> Result<Usage, PortError>;

    /// Returns the raises of epochs since a position, as
    /// [`EpochRepository::raised_since`](tenantry_application::ports::EpochRepository::raised_since)
    /// requires.
    async fn epochs_since(&self, since: Option<EpochPosition>) -> Result<EpochChanges, PortError>;

    /// Returns a file of a tenant with the e-mail address of its uploader.
    async fn file_with_uploader(
        &self,
        tenant: TenantId,
        id: FileId,
    ) -> Result<Option<(File, Option<Email>)>, PortError> {
        let Some(file) = self.lookup_of::<File>(tenant, id.into()).await? else {
            return Ok(None);
        };
        let uploader = self.lookup::<Identity>(file.uploaded_by.into()).await?;
        Ok(Some((file, uploader.map(|uploader| uploader.email))))
    }
}

/// A stored entity that expires.
pub trait Expiring: StoredEntity {
    /// The column of the expiry.
    const EXPIRES_AT: Column<Self>;
}
