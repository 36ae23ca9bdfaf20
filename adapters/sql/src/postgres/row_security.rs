//! Row-level security, the second line of defence between tenants.
//!
//! Work for one tenant runs as a role to which only the rows of this tenant are
//! visible, even if a query lacks its filter. Work of the platform runs as the
//! login, which owns the tables or has a separate policy.

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

/// The role of tenants, which cannot log in.
const ROLE: &str = "tenantry_tenant";
/// The setting with the tenant of a transaction.
const TENANT: &str = "tenantry.tenant";

/// The policy of a login that does not own the tables.
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

/// Creates the role, which exists if another database of the server has it.
const CREATE_ROLE: &str = "\
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

/// Permits the owner of the tables to switch to the role.
const JOIN_ROLE: &str = "\
    DO $$ BEGIN IF NOT pg_has_role(current_user, 'tenantry_tenant', 'MEMBER') THEN \
    GRANT tenantry_tenant TO CURRENT_USER; END IF; END $$;";

/// Restricts a transaction to the rows of a tenant.
pub(crate) async fn restrict(
    transaction: &DatabaseTransaction,
    tenant: TenantId,
) -> Result<(), DbErr> {
    // An id needs no escaping.
    let restrict = format!("SET LOCAL ROLE {ROLE}; SET LOCAL {TENANT} = '{tenant}'");
    transaction.execute_unprepared(&restrict).await.map(drop)
}

/// Creates the missing policies as the owner of the tables; locks no table whose
/// policies exist. `login` is the login of the service if it is not the owner.
pub(super) async fn create_policies(
    db: &DatabaseConnection,
    login: Option<&str>,
) -> Result<(), PortError> {
    let failed = |error| port_error("create the policies of row-level security", error);
    let mut script = String::new();
    let missing = without(db, ROLE, ROLE).await.map_err(failed)?;
    if !missing.is_empty() {
        let _ = write!(script, "{CREATE_ROLE}{}", grants());
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
        None => script.push_str(JOIN_ROLE),
        Some(login) => {
            let missing = without(db, PLATFORM, login).await.map_err(failed)?;
            let login = quoted(login);
            // There may be new tables.
            let _ = write!(script, "GRANT {ROLE} TO {login}; {}", grant_tables(&login));
            for (table, _) in missing {
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

/// Returns the tables without a policy for a role.
async fn without(
    db: &DatabaseConnection,
    policy: &str,
    role: &str,
) -> Result<Vec<(&'static str, &'static str)>, DbErr> {
    let existing = Dialect::Postgres.statement(
        "SELECT tablename::text FROM pg_policies WHERE schemaname = current_schema() \
         AND policyname = ? AND roles @> ARRAY[?::name]",
        [policy.into(), role.into()],
    );
    let existing = db.query_all_raw(existing).await?;
    let existing: Vec<String> = existing
        .iter()
        .map(|row| row.try_get("", "tablename"))
        .collect::<Result<_, _>>()?;
    let is_missing = |(table, _): &(&str, &str)| !existing.iter().any(|name| name == table);
    Ok(protected_tables().into_iter().filter(is_missing).collect())
}

/// Returns the grant of all tables of this schema.
fn grant_tables(quoted: &str) -> String {
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

/// Checks that a row of a tenant is visible to this tenant only, with a temporary
/// row of a tenant that does not exist.
pub(crate) async fn check(db: &DatabaseConnection) -> Result<(), PortError> {
    let failed = |error| port_error("check row-level security", error);
    let (canary, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let transaction = db.begin().await.map_err(failed)?;
    let insert = Dialect::Postgres.statement(
        "INSERT INTO quotas (tenant_id, limit_bytes, used_bytes, reserved_bytes) \
         VALUES (?, 0, 0, 0) ON CONFLICT DO NOTHING",
        [canary.into()],
    );
    transaction.execute_raw(insert).await.map_err(failed)?;
    for (tenant, expected) in [(other, false), (canary, true)] {
        restrict(&transaction, TenantId::from_uuid(tenant))
            .await
            .map_err(failed)?;
        let select = Dialect::Postgres.statement(
            "SELECT tenant_id FROM quotas WHERE tenant_id = ?",
            [canary.into()],
        );
        let found = transaction.query_one_raw(select).await.map_err(failed)?;
        if found.is_some() != expected {
            let context = "check row-level security: a row is visible to another tenant, or not \
                           to its own; check the policies of the database";
            return Err(PortError::new(PortErrorKind::Internal, context));
        }
        let reset = transaction.execute_unprepared("RESET ROLE").await;
        reset.map_err(failed)?;
    }
    transaction.rollback().await.map_err(failed)
}
