//! One tenant's rows, and no others.

use sea_orm::{EntityName, EntityTrait, QueryFilter, Select, Value};
use tenantry_application::ports::PortError;
use tenantry_domain::id::TenantId;
use uuid::Uuid;

use crate::{convert::Stored, reader::Reader};

/// Reads rows of the tenant it was made for. Repositories of a tenant begin
/// every query here, so that none can forget its filter.
#[derive(Debug, Clone)]
pub(crate) struct TenantScope {
    reader: Reader,
    tenant: TenantId,
}

impl TenantScope {
    pub(crate) fn new(reader: &Reader, tenant: TenantId) -> Self {
        Self {
            reader: reader.of(tenant),
            tenant,
        }
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// A query over the tenant's rows of a kind.
    pub(crate) fn find<T: Stored>(&self) -> Select<T::Table> {
        T::Table::find().filter(T::within(Some(self.tenant)))
    }

    /// The tenant's row of an id.
    pub(crate) async fn lookup<T: Stored>(&self, id: Uuid) -> Result<Option<T>, PortError> {
        let table = T::Table::default();
        let sql = format!(
            "SELECT * FROM {} WHERE tenant_id = ? AND id = ?",
            table.table_name()
        );
        self.reader.one_by(self.own(&sql, id)).await
    }

    /// A statement with two placeholders: the tenant, and then one of its ids.
    pub(crate) fn own(&self, sql: &str, id: Uuid) -> sea_orm::Statement {
        let values: [Value; 2] = [self.tenant.as_uuid().into(), id.into()];
        self.reader.dialect.statement(sql, values)
    }

    /// A statement over one of the tenant's tables, in two parts: what comes
    /// before `WHERE tenant_id = ?`, and what comes behind it.
    pub(crate) fn statement(&self, before: &str, behind: &str) -> sea_orm::Statement {
        let sql = format!("{before} WHERE tenant_id = ? {behind}");
        let values = [self.tenant.as_uuid().into()];
        self.reader.dialect.statement(&sql, values)
    }
}
