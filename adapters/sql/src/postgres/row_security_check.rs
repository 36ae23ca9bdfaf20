//! The proof that row-level security is effective on every table.

use std::fmt::Write;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use tenantry_application::ports::PortError;
use tenantry_domain::id::TenantId;
use tenantry_store::schema::{ColumnInfo, DataType, TableInfo};
use uuid::Uuid;

use super::{
    preflight::refusal,
    row_security::{Protected, ROLE, protected_tables, restrict},
};
use crate::{dialect::Dialect, error::port_error, link::Link};

/// A tenant and a member that do not exist, and another tenant.
const CANARY: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

/// The tables of the platform of which the role reads some columns.
const SHARED: &[&str] = &["epochs", "identities", "memberships"];

/// Returns whether row-level security is enabled on a table, the number of
/// policies that let the role see rows, and the number of them that are not
/// its own.
const POLICIES: &str = "\
    SELECT COALESCE(bool_or(c.relrowsecurity), false) AS is_enabled, \
    count(p.policyname) FILTER (WHERE p.policyname = 'tenantry_tenant' AND p.cmd = 'ALL' \
        AND p.with_check IS NULL AND p.roles = ARRAY['tenantry_tenant'::name]) AS own, \
    count(p.policyname) FILTER (WHERE p.policyname <> 'tenantry_tenant' \
        AND p.permissive = 'PERMISSIVE' \
        AND p.roles && ARRAY['public', 'tenantry_tenant']::name[]) AS further \
    FROM pg_class c LEFT JOIN pg_policies p \
    ON p.schemaname = current_schema() AND p.tablename = c.relname \
    WHERE c.oid = to_regclass(quote_ident(current_schema()) || '.' || ?)";

/// Returns whether the role has rights on a whole table, and on any column.
const RIGHTS: &str = "\
    SELECT has_table_privilege('tenantry_tenant', c.oid, 'SELECT, INSERT, UPDATE, DELETE') AS whole, \
    has_any_column_privilege('tenantry_tenant', c.oid, 'SELECT, INSERT, UPDATE') \
    OR has_table_privilege('tenantry_tenant', c.oid, 'DELETE, TRUNCATE') AS any_column \
    FROM pg_class c WHERE c.oid = to_regclass(quote_ident(current_schema()) || '.' || ?)";

/// Checks each protected table: its policies, and that a temporary row of a tenant
/// that does not exist is visible to this tenant only. The role of tenants must
/// have no rights on other tables.
pub(crate) async fn check(link: &Link) -> Result<(), PortError> {
    let failed = |error| port_error("check row-level security", error);
    let transaction = link.begin_read(None).await.map_err(failed)?;
    let faults = faults(&transaction).await.map_err(failed)?;
    transaction.rollback().await.map_err(failed)?;
    if faults.is_empty() {
        return Ok(());
    }
    Err(refusal(format!(
        "check row-level security: {}; correct policies and grants of the role {ROLE}",
        faults.join(", ")
    )))
}

async fn faults(db: &DatabaseTransaction) -> Result<Vec<String>, DbErr> {
    let mut faults = Vec::new();
    let protected = protected_tables();
    for Protected { table, .. } in &protected {
        if !has_policy(db, table).await? {
            faults.push(format!("the table {table} lacks its policy or has others"));
        }
    }
    for TableInfo {
        name, protected, ..
    } in TableInfo::all()
    {
        // Of the platform's tables, the role has rights on some columns or none.
        let extent = if SHARED.contains(&name) {
            "whole"
        } else {
            "any_column"
        };
        if protected.is_none() && name != "tenants" && has_rights(db, name, extent).await? {
            faults.push(format!("tenants have rights on the table {name}"));
        }
    }
    db.execute_unprepared(&canaries(&protected)).await?;
    for (tenant, sees_canary) in [(OTHER, false), (CANARY, true)] {
        restrict(db, TenantId::from_uuid(tenant)).await?;
        let visible = visible(db, &protected).await?;
        for Protected { table, .. } in &protected {
            if visible.iter().any(|name| name == table) != sees_canary {
                faults.push(if sees_canary {
                    format!("rows of the table {table} are hidden from their tenant")
                } else {
                    format!("rows of the table {table} are visible to other tenants")
                });
            }
        }
        db.execute_unprepared("RESET ROLE").await?;
    }
    Ok(faults)
}

async fn has_policy(db: &DatabaseTransaction, table: &str) -> Result<bool, DbErr> {
    let policies = Dialect::Postgres.statement(POLICIES, [table.into()]);
    let Some(row) = db.query_one_raw(policies).await? else {
        return Ok(false);
    };
    let count = |column| row.try_get::<i64>("", column);
    Ok(row.try_get("", "is_enabled")? && count("own")? == 1 && count("further")? == 0)
}

async fn has_rights(db: &DatabaseTransaction, table: &str, extent: &str) -> Result<bool, DbErr> {
    let rights = Dialect::Postgres.statement(RIGHTS, [table.into()]);
    match db.query_one_raw(rights).await? {
        Some(row) => row.try_get("", extent),
        None => Ok(false),
    }
}

/// Returns statements that insert a row of the canary into each table.
fn canaries(protected: &[Protected]) -> String {
    let mut script = String::new();
    for table in TableInfo::all() {
        if protected.iter().any(|it| it.table == table.name) {
            let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            let values: Vec<_> = table.columns.iter().map(value).collect();
            let _ = write!(
                script,
                "INSERT INTO {} ({}) VALUES ({});",
                table.name,
                columns.join(", "),
                values.join(", ")
            );
        }
    }
    script
}

fn value(column: &ColumnInfo) -> String {
    match column.data_type {
        DataType::Id => format!("'{CANARY}'"),
        // Unique keys hold it.
        DataType::Text => format!("'canary {CANARY}'"),
        DataType::Integer => "0".to_owned(),
        DataType::Bytes => "''".to_owned(),
        DataType::Flag => "false".to_owned(),
    }
}

/// Returns the tables in which the canary is visible.
async fn visible(db: &DatabaseTransaction, protected: &[Protected]) -> Result<Vec<String>, DbErr> {
    let selects = protected.iter().map(|Protected { table, column, .. }| {
        format!(
            "SELECT '{table}' AS name WHERE EXISTS \
             (SELECT FROM {table} WHERE {table}.{column} = '{CANARY}')"
        )
    });
    let select = selects.collect::<Vec<_>>().join(" UNION ALL ");
    let rows = db
        .query_all_raw(Dialect::Postgres.statement(&select, []))
        .await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}
