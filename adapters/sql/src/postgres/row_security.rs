//! The second wall between tenants: row-level security.
//!
//! What is done for one tenant runs as a role that sees this tenant's rows
//! alone, whatever a query says. The platform's work runs as the login, which
//! owns the tables or is let through by a policy of its own.

use std::fmt::Write;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, IdenStatic, TransactionTrait,
};
use tenantry_application::{
    ports::{PortError, PortErrorKind},
    work::Kind,
};
use tenantry_domain::id::TenantId;
use tenantry_store::{Stored, table_name, with_stored};
use uuid::Uuid;

use crate::{dialect::Dialect, error::port_error};

/// The role, which nobody signs in as.
const ROLE: &str = "tenantry_tenant";
/// The setting that names the tenant of a transaction.
const TENANT: &str = "tenantry.tenant";

/// The policy that lets through who serves and does not own the tables.
const PLATFORM: &str = "tenantry_platform";

/// Returns the tables with row-level security, and the column that holds the
/// tenant: those that a tenant's handle reaches, and the tenants themselves.
fn protected_tables() -> Vec<(&'static str, &'static str)> {
    let tables = Kind::ALL.iter().filter_map(|kind| {
        with_stored!(kind, T => {
            let column = <T as Stored>::SCOPE.protected()?;
            Some((table_name::<T>(), column.as_str()))
        })
    });
    tables.chain([("tenants", "id")]).collect()
}

/// Another database of the server may have made the role.
const BEGIN: &str = "\
    DO $$ BEGIN CREATE ROLE tenantry_tenant NOLOGIN; \
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
    DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO tenantry_tenant', current_schema()); \
    END $$;";

/// Returns the grants of the role: its rows in the protected tables; whether a
/// tenant is active, locked until the commit; epochs; and e-mail addresses.
fn grants() -> String {
    let tables = protected_tables().into_iter().map(|(table, _)| table);
    let tables: Vec<_> = tables.filter(|table| *table != "tenants").collect();
    format!(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {ROLE}; \
         GRANT SELECT, UPDATE (revision) ON tenants TO {ROLE}; \
         GRANT SELECT ON epochs TO {ROLE}; \
         GRANT SELECT (id, email) ON identities TO {ROLE};",
        tables.join(", ")
    )
}

/// Who owns the tables and serves must be able to become the role.
const JOIN: &str = "\
    DO $$ BEGIN IF NOT pg_has_role(current_user, 'tenantry_tenant', 'MEMBER') THEN \
    GRANT tenantry_tenant TO CURRENT_USER; END IF; END $$;";

/// Puts a transaction behind the wall of a tenant, until it ends.
pub(crate) async fn enter(
    transaction: &DatabaseTransaction,
    tenant: TenantId,
) -> Result<(), DbErr> {
    // An id has no character that could mean anything here.
    let enter = format!("SET LOCAL ROLE {ROLE}; SET LOCAL {TENANT} = '{tenant}'");
    transaction.execute_unprepared(&enter).await.map(drop)
}

/// Builds what is missing of the wall, as the owner of the tables. Where it
/// stands nothing is changed, and no table is locked. `login` is who serves,
/// where that is somebody else.
pub(super) async fn build(db: &DatabaseConnection, login: Option<&str>) -> Result<(), PortError> {
    let failed = |error| port_error("build the wall of row-level security", error);
    let mut script = String::new();
    let missing = without(db, ROLE, ROLE).await.map_err(failed)?;
    if !missing.is_empty() {
        let _ = write!(script, "{BEGIN}{}", grants());
    }
    for (table, column) in &missing {
        let _ = write!(
            script,
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; \
             DROP POLICY IF EXISTS {ROLE} ON {table}; \
             CREATE POLICY {ROLE} ON {table} TO {ROLE} \
             USING ({column} = current_setting('{TENANT}')::uuid);",
        );
    }
    match login {
        None => script.push_str(JOIN),
        Some(login) => {
            let closed = without(db, PLATFORM, login).await.map_err(failed)?;
            let login = quoted(login);
            // Tables may have come since the last time.
            let _ = write!(script, "GRANT {ROLE} TO {login}; {}", tables_to(&login));
            for (table, _) in closed {
                let _ = write!(
                    script,
                    "DROP POLICY IF EXISTS {PLATFORM} ON {table}; \
                     CREATE POLICY {PLATFORM} ON {table} TO {login} USING (true);",
                );
            }
        }
    }
    db.execute_unprepared(&script).await.map_err(failed)?;
    Ok(())
}

/// The tables without a policy for a role.
async fn without(
    db: &DatabaseConnection,
    policy: &str,
    role: &str,
) -> Result<Vec<(&'static str, &'static str)>, DbErr> {
    let standing = Dialect::Postgres.statement(
        "SELECT tablename::text FROM pg_policies WHERE schemaname = current_schema() \
         AND policyname = ? AND roles @> ARRAY[?::name]",
        [policy.into(), role.into()],
    );
    let standing = db.query_all_raw(standing).await?;
    let standing: Vec<String> = standing
        .iter()
        .map(|row| row.try_get("", "tablename"))
        .collect::<Result<_, _>>()?;
    let is_missing = |(table, _): &(&str, &str)| !standing.iter().any(|name| name == table);
    Ok(protected_tables().into_iter().filter(is_missing).collect())
}

/// A grant on all tables of this schema.
fn tables_to(quoted: &str) -> String {
    let name = quoted.replace('\'', "''");
    format!(
        "DO $$ BEGIN \
         EXECUTE format('GRANT USAGE ON SCHEMA %I TO {name}', current_schema()); \
         EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO {name}', \
         current_schema()); END $$;"
    )
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Plants a row of a tenant that is none and looks for it from behind the
/// walls of this one and of another. Nothing of it stays.
pub(crate) async fn check(db: &DatabaseConnection) -> Result<(), PortError> {
    let failed = |error| port_error("try the wall of row-level security", error);
    let (canary, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let transaction = db.begin().await.map_err(failed)?;
    let plant = Dialect::Postgres.statement(
        "INSERT INTO quotas (tenant_id, limit_bytes, used_bytes, reserved_bytes) \
         VALUES (?, 0, 0, 0) ON CONFLICT DO NOTHING",
        [canary.into()],
    );
    transaction.execute_raw(plant).await.map_err(failed)?;
    for (tenant, expected) in [(other, false), (canary, true)] {
        enter(&transaction, TenantId::from_uuid(tenant))
            .await
            .map_err(failed)?;
        let look = Dialect::Postgres.statement(
            "SELECT tenant_id FROM quotas WHERE tenant_id = ?",
            [canary.into()],
        );
        let seen = transaction.query_one_raw(look).await.map_err(failed)?;
        if seen.is_some() != expected {
            let context = "the wall of row-level security does not hold: a row is seen by another \
                           tenant, or not by its own";
            return Err(PortError::new(PortErrorKind::Internal, context));
        }
        let back = transaction.execute_unprepared("RESET ROLE").await;
        back.map_err(failed)?;
    }
    transaction.rollback().await.map_err(failed)
}
