//! Reading rows.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, EntityName, QueryResult, Select, Statement, Value,
};
use tenantry_application::ports::PortError;

use crate::{
    convert::{Row, Stored},
    dialect::Dialect,
    error::port_error,
};

/// The connections that read.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) db: DatabaseConnection,
    pub(crate) dialect: Dialect,
}

impl Reader {
    /// The entity that a query finds, if it finds one.
    pub(crate) async fn one<T: Stored>(
        &self,
        select: Select<T::Table>,
    ) -> Result<Option<T>, PortError> {
        let row = select.one(&self.db).await;
        row.map_err(|error| port_error(reading::<T>(), error))?
            .map(T::from_row)
            .transpose()
    }

    /// The entities that a query finds, in its order.
    pub(crate) async fn all<T: Stored>(
        &self,
        select: Select<T::Table>,
    ) -> Result<Vec<T>, PortError> {
        let rows = select.all(&self.db).await;
        rows.map_err(|error| port_error(reading::<T>(), error))?
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
        let row = self.db.query_one_raw(statement).await;
        row.map_err(|error| port_error(reading::<T>(), error))?
            .map(|row| entity::<T>(&row))
            .transpose()
    }

    /// The rows that a statement finds.
    pub(crate) async fn rows(
        &self,
        context: &'static str,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, PortError> {
        let rows = self.db.query_all_raw(statement).await;
        rows.map_err(|error| port_error(context, error))
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
