//! Reading rows.

use std::{future::Future, sync::Arc};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr, EntityName,
    QueryResult, Select, Statement, TransactionTrait, Value,
};
use tenantry_application::ports::PortError;
use tenantry_domain::id::TenantId;

use crate::{
    convert::{Row, Stored},
    dialect::{self, Dialect},
    error::port_error,
    link::Link,
};

/// How many times longer than others a read may take that looks at much.
const AT_LENGTH: u32 = 20;

/// The connections that read.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) link: Arc<Link>,
    pub(crate) dialect: Dialect,
    /// Whether reads of tenants stand behind the wall of row-level security.
    walled: bool,
    tenant: Option<TenantId>,
}

/// What reads: a connection, or behind the wall a transaction that ends with
/// it.
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
    pub(crate) const fn new(link: Arc<Link>, dialect: Dialect, walled: bool) -> Self {
        Self {
            link,
            dialect,
            walled,
            tenant: None,
        }
    }

    /// The same for one tenant.
    pub(crate) fn of(&self, tenant: TenantId) -> Self {
        Self {
            tenant: self.walled.then_some(tenant),
            ..self.clone()
        }
    }

    /// What reads.
    pub(crate) async fn executor(&self) -> Result<Executor, DbErr> {
        let db = self.link.reading();
        let Some(tenant) = self.tenant else {
            return Ok(Executor::Connection(db));
        };
        let transaction = db.begin().await?;
        self.dialect.enter(&transaction, tenant).await?;
        Ok(Executor::Transaction(transaction))
    }

    /// Reads within the time that a read may take.
    pub(crate) async fn ask<T>(
        &self,
        context: impl Into<String>,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, PortError> {
        self.link.ask(1, context, read).await
    }

    /// Reads what a query finds. A text that the database cannot hold is in
    /// no row.
    pub(crate) async fn find<T: Default>(
        &self,
        context: impl Into<String>,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, PortError> {
        // Handed on as it is, a read would be as large again at each step.
        let read = Box::pin(async {
            match read.await {
                Err(error) if dialect::is_unstorable(&error) => Ok(T::default()),
                found => found,
            }
        });
        self.ask(context, read).await
    }

    /// Reads what takes longer the more a tenant has.
    pub(crate) async fn ask_at_length<T>(
        &self,
        context: impl Into<String>,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, PortError> {
        self.link.ask(AT_LENGTH, context, read).await
    }

    /// A transaction whose reads are all as of one instant.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.dialect.snapshot(&self.link.reading()).await?;
        if let Some(tenant) = self.tenant {
            self.dialect.enter(&transaction, tenant).await?;
        }
        Ok(transaction)
    }

    /// The entity that a query finds, if it finds one.
    pub(crate) async fn one<T: Stored>(
        &self,
        select: Select<T::Table>,
    ) -> Result<Option<T>, PortError> {
        let row = async { select.one(&self.executor().await?.get()).await };
        self.find(reading::<T>(), row)
            .await?
            .map(T::from_row)
            .transpose()
    }

    /// The entities that a query finds, in its order.
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

    /// The entity that a statement written by hand finds: for hot reads, where
    /// building a query costs more than running it.
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

    /// The rows that a statement finds.
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

    /// The same of a statement written by hand, with `?` for each value.
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

/// The entity of a row that holds all columns of its table.
pub(crate) fn entity<T: Stored>(row: &QueryResult) -> Result<T, PortError> {
    let row: Result<Row<T>, _> = sea_orm::FromQueryResult::from_query_result(row, "");
    T::from_row(row.map_err(|error| port_error(reading::<T>(), error))?)
}

fn reading<T: Stored>() -> String {
    format!("read {}", T::Table::default().table_name())
}
