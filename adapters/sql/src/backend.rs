//! Reads and commits, as the shared store code expects them.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{
    EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, ExprTrait, Query as SqlQuery},
};
use tenantry_application::{
    ports::{CommitError, EpochChanges, EpochPosition, PortError, Usage},
    work::UnitOfWork,
};
use tenantry_domain::{
    Timestamp,
    email::Email,
    file::File,
    id::{FileId, TenantId, UserId},
};
use tenantry_store::{
    Backend, Direction, Expiring, Key, Query, RowReader, Stored, epochs_in_order, key_columns,
    key_values, rows::Reading, table_name,
};

use crate::{
    condition::expression,
    dialect::Dialect,
    epochs::epochs_since,
    error::port_error,
    reader::{Reader, entity},
    usage::usage,
    writer::Writer,
};

/// A file with its uploader's address, in one round trip: the most frequent read.
const WITH_UPLOADER: &str = "\
    SELECT files.*, identities.email AS uploader FROM files \
    LEFT JOIN identities ON identities.id = files.uploaded_by \
    WHERE files.tenant_id = ? AND files.id = ?";

const EMAIL: &str = "SELECT email FROM identities WHERE id = ?";

/// The connections that read, and the writer.
#[derive(Debug, Clone)]
pub(crate) struct SqlBackend {
    pub(crate) reader: Reader,
    pub(crate) writer: Arc<Writer>,
}

impl SqlBackend {
    /// Builds the statement of a query.
    pub(crate) fn select<T: Stored>(&self, query: &Query<T>) -> Select<T::Table> {
        let mut select = T::Table::find();
        for condition in &query.conditions {
            select = select.filter(expression(condition, self.reader.dialect));
        }
        for (column, direction) in &query.order {
            select = match direction {
                Direction::Ascending => select.order_by_asc(*column),
                Direction::Descending => select.order_by_desc(*column),
            };
        }
        select
            .offset((query.offset > 0).then_some(query.offset))
            .limit(query.limit)
    }

    /// Reads the address of a user whom a file of the tenant names. Row-level
    /// security hides users who are not members.
    async fn former_member(&self, user: UserId) -> Result<Option<String>, PortError> {
        let context = "read the uploader of a file";
        let reader = self.reader.of_platform();
        let rows = reader.rows_by(context, EMAIL, [user.as_uuid().into()]);
        let rows = rows.await?;
        let email = rows.first().map(|row| row.try_get("", "email"));
        email
            .transpose()
            .map_err(|error| port_error(context, error))
    }

    /// Reads a row by conditions of equality, with a handwritten statement:
    /// building one costs more than running it.
    async fn lookup_by<T: Stored>(
        &self,
        tenant: Option<TenantId>,
        key: Key,
    ) -> Result<Option<T>, PortError> {
        let tenant = tenant.map(|tenant| (T::SCOPE.column(), tenant.as_uuid().into()));
        let tenant = tenant.and_then(|(column, value)| Some((column?, value)));
        let conditions = tenant.into_iter().chain(key_values::<T>(key));
        let (columns, values): (Vec<_>, Vec<_>) = conditions.unzip();
        let columns = columns
            .iter()
            .map(|column| format!("{} = ?", sea_orm::IdenStatic::as_str(column)));
        let columns = columns.collect::<Vec<_>>().join(" AND ");
        let sql = format!("SELECT * FROM {} WHERE {columns}", table_name::<T>());
        let statement = self.reader.dialect.statement(&sql, values);
        self.reader.one_by(statement).await
    }
}

#[async_trait]
impl RowReader for SqlBackend {
    async fn find<T: Stored>(&self, query: Query<T>) -> Result<Vec<T>, PortError> {
        self.reader.all(self.select(&query)).await
    }

    async fn count<T: Stored>(&self, query: Query<T>, cap: Option<u64>) -> Result<u64, PortError> {
        let found = self
            .select(&query)
            .select_only()
            .columns(key_columns::<T>());
        let count = SqlQuery::select()
            .expr_as(Expr::col(Asterisk).count(), "total")
            .from_subquery(found.limit(cap).into_query(), "found")
            .take();
        let context = "count rows";
        let statement = self.reader.dialect.backend().build(&count);
        let rows = self.reader.rows(context, statement).await?;
        let total = rows.first().map_or(Ok(0), |row| row.try_get("", "total"));
        let total: i64 = total.map_err(|error| port_error(context, error))?;
        Ok(total.cast_unsigned())
    }

    async fn lookup<T: Stored>(&self, key: Key) -> Result<Option<T>, PortError> {
        self.lookup_by(None, key).await
    }

    async fn lookup_of<T: Stored>(
        &self,
        tenant: TenantId,
        key: Key,
    ) -> Result<Option<T>, PortError> {
        self.lookup_by(Some(tenant), key).await
    }
}

#[async_trait]
impl Backend for SqlBackend {
    fn of_tenant(&self, tenant: TenantId) -> Self {
        Self {
            reader: self.reader.of(tenant),
            writer: Arc::clone(&self.writer),
        }
    }

    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        self.writer.commit(unit).await
    }

    async fn purge_expired<T: Expiring>(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, PortError> {
        let (table, expiry) = (
            table_name::<T>(),
            sea_orm::IdenStatic::as_str(&T::EXPIRES_AT),
        );
        let purge = format!(
            "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {expiry} < ? \
             ORDER BY {expiry}, id LIMIT ?) RETURNING id"
        );
        let values = [before.as_millis().into(), i64::from(limit).into()];
        Ok(self.writer.run(&purge, values).await?.len() as u64)
    }

    async fn epochs_since(&self, since: Option<EpochPosition>) -> Result<EpochChanges, PortError> {
        match self.reader.dialect {
            Dialect::Sqlite => epochs_in_order(self, since).await,
            Dialect::Postgres => epochs_since(&self.reader, since).await,
        }
    }

    async fn usage(&self, tenant: TenantId) -> Result<Usage, PortError> {
        usage(&self.reader, tenant).await
    }

    async fn file_with_uploader(
        &self,
        tenant: TenantId,
        id: FileId,
    ) -> Result<Option<(File, Option<Email>)>, PortError> {
        let context = "read files";
        let values = [tenant.as_uuid().into(), id.as_uuid().into()];
        let rows = self.reader.rows_by(context, WITH_UPLOADER, values).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let email: Option<String> = row
            .try_get("", "uploader")
            .map_err(|error| port_error(context, error))?;
        let file: File = entity(row)?;
        let email = match email {
            None if self.reader.is_restricted() => self.former_member(file.uploaded_by).await?,
            email => email,
        };
        let reading = Reading::of(File::KIND, id.as_uuid());
        let email = email.map(|email| reading.parsed("uploader", Email::parse(&email)));
        Ok(Some((file, email.transpose()?)))
    }
}

#[cfg(test)]
mod tests;
