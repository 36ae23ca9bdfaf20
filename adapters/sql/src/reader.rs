//! The connections that read.

use std::{future::Future, sync::Arc};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr, EntityName,
    QueryResult, Select, Statement, Value,
};
use tenantry_application::ports::PortError;
use tenantry_domain::id::TenantId;
use tenantry_store::{Row, Stored};

use crate::{
    dialect::Dialect,
    error::{port_error, postgres::is_unstorable},
    link::Link,
    postgres::restrict,
};

/// The timeout of large reads, in timeouts of others.
const LONG: u32 = 20;

/// The connections that read.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) link: Arc<Link>,
    pub(crate) dialect: Dialect,
    /// Whether reads of tenants run under row-level security.
    row_security: bool,
    tenant: Option<TenantId>,
}

/// A connection, or a transaction under row-level security or on a pooler.
pub(crate) enum Executor {
    Connection(DatabaseConnection),
    Transaction(DatabaseTransaction),
}

impl Executor {
    pub(crate) const fn get(&self) -> DatabaseExecutor<'_> {
        match self {
            Self::Connection(connection) => DatabaseExecutor::Connection(connection),
            Self::Transaction(transaction) => DatabaseExecutor::Transaction(transaction),
        }
    }
}

impl Reader {
    pub(crate) const fn new(link: Arc<Link>, dialect: Dialect, row_security: bool) -> Self {
        Self {
            link,
            dialect,
            row_security,
            tenant: None,
        }
    }

    /// Returns the reader of the platform.
    pub(crate) fn of_platform(&self) -> Self {
        Self {
            tenant: None,
            ..self.clone()
        }
    }

    /// Returns whether reads are restricted to the rows of a tenant.
    pub(crate) const fn is_restricted(&self) -> bool {
        self.tenant.is_some()
    }

    /// Returns the reader of one tenant.
    pub(crate) fn of(&self, tenant: TenantId) -> Self {
        Self {
            tenant: self.row_security.then_some(tenant),
            ..self.clone()
        }
    }

    /// Returns a connection, or begins a transaction under row-level security or on
    /// a pooler.
    pub(crate) async fn executor(&self) -> Result<Executor, DbErr> {
        if self.tenant.is_none() && !self.link.is_pooled() {
            return Ok(Executor::Connection(self.link.read_pool()));
        }
        let transaction = self.link.begin_read(None).await?;
        if let Some(tenant) = self.tenant {
            restrict(&transaction, tenant).await?;
        }
        Ok(Executor::Transaction(transaction))
    }

    /// Reads within the timeout.
    pub(crate) async fn read<T>(
        &self,
        context: impl Into<String>,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, PortError> {
        self.link.read(1, context, read).await
    }

    /// Reads the result of a query. No row contains a text that the database
    /// cannot store.
    pub(crate) async fn find<T: Default>(
        &self,
        context: impl Into<String>,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, PortError> {
        // Boxed, because each layer would copy the future.
        let read = Box::pin(async {
            match read.await {
                Err(error) if is_unstorable(&error) => Ok(T::default()),
                found => found,
            }
        });
        self.read(context, read).await
    }

    /// Reads within a longer timeout, for work proportional to a tenant's rows.
    pub(crate) async fn read_long<T>(
        &self,
        context: impl Into<String>,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, PortError> {
        self.link.read(LONG, context, read).await
    }

    /// Begins a transaction whose reads share one snapshot.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.link.begin_read(self.dialect.snapshot()).await?;
        if let Some(tenant) = self.tenant {
            restrict(&transaction, tenant).await?;
        }
        Ok(transaction)
    }

    /// Returns the entities that a query finds, in its order.
    pub(crate) async fn all<T: Stored>(
        &self,
        select: Select<T::Table>,
    ) -> Result<Vec<T>, PortError> {
        let rows = async { select.all(&self.executor().await?.get()).await };
        self.find(reading::<T>(), rows)
            .await?
            .into_iter()
            .map(T::from_row)
            .collect()
    }

    /// Returns the entity that a handwritten statement finds.
    pub(crate) async fn one_by<T: Stored>(
        &self,
        statement: Statement,
    ) -> Result<Option<T>, PortError> {
        let row = async {
            let executor = self.executor().await?;
            executor.get().query_one_raw(statement).await
        };
        self.find(reading::<T>(), row)
            .await?
            .map(|row| entity::<T>(&row))
            .transpose()
    }

    /// Returns the rows that a statement finds.
    pub(crate) async fn rows(
        &self,
        context: &'static str,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, PortError> {
        let rows = async {
            let executor = self.executor().await?;
            executor.get().query_all_raw(statement).await
        };
        self.find(context, rows).await
    }

    /// Returns the rows of a handwritten statement, with `?` for each value.
    pub(crate) async fn rows_by(
        &self,
        context: &'static str,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, PortError> {
        self.rows(context, self.dialect.statement(sql, values))
            .await
    }
}

/// Converts a row with all columns of its table.
pub(crate) fn entity<T: Stored>(row: &QueryResult) -> Result<T, PortError> {
    let row: Result<Row<T>, _> = sea_orm::FromQueryResult::from_query_result(row, "");
    T::from_row(row.map_err(|error| port_error(reading::<T>(), error))?)
}

fn reading<T: Stored>() -> String {
    format!("read {}", T::Table::default().table_name())
}
