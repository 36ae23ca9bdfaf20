//! Row-level security, the second line of defence between tenants.
//!
//! Work for one tenant runs as a role to which only the rows of this tenant are
//! visible, even if a query lacks its filter. Work of the platform runs as the
//! login, which owns the tables or has a separate policy.

use std::fmt::Write;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, IdenStatic};
use tenantry_application::{ports::PortError, work::Kind};
use tenantry_domain::id::TenantId;
use tenantry_store::{Stored, table_name, with_stored};

use super::preflight::{Facts, quoted, refusal};
use crate::{
    dialect::Dialect,
    error::{port_error, postgres::is_forbidden},
};

/// The role of tenants, which cannot log in.
pub(super) const ROLE: &str = "tenantry_tenant";
/// The setting with the tenant of a transaction.
const TENANT: &str = "tenantry.tenant";

/// The policy of a login that does not own the tables.
const PLATFORM: &str = "tenantry_platform";

/// The advice for a login that lacks rights.
const OR_DISABLE: &str = "or set database.row_security.enabled to false";

/// A table with row-level security.
pub(super) struct Protected {
    pub(super) table: &'static str,
    /// The column that identifies the rows of a tenant.
    pub(super) column: &'static str,
    /// The rights of the role of tenants.
    rights: &'static str,
}

impl Protected {
    /// Returns the condition of the rows of the current tenant.
    fn condition(&self) -> String {
        let current = format!("current_setting('{TENANT}')::uuid");
        if self.table == "identities" {
            return format!(
                "EXISTS (SELECT FROM memberships WHERE memberships.user_id = identities.id \
                 AND memberships.tenant_id = {current})"
            );
        }
        format!("{} = {current}", self.column)
    }
}

/// Returns the tables with row-level security: those that a tenant's handle
/// reaches, and those of the platform with rows of its tenant and its members.
pub(super) fn protected_tables() -> Vec<Protected> {
    let tables = Kind::ALL.iter().filter_map(|kind| {
        with_stored!(kind, T => Some(Protected {
            table: table_name::<T>(),
            column: <T as Stored>::SCOPE.protected()?.as_str(),
            rights: "SELECT, INSERT, UPDATE, DELETE",
        }))
    });
    let of_platform = [
        // The status of a tenant, locked until the commit.
        ("tenants", "id", "SELECT, UPDATE (revision)"),
        // The e-mail addresses of members, and of no one else.
        ("memberships", "tenant_id", "SELECT (tenant_id, user_id)"),
        ("identities", "id", "SELECT (id, email)"),
    ];
    let of_platform = of_platform.map(|(table, column, rights)| Protected {
        table,
        column,
        rights,
    });
    tables.chain(of_platform).collect()
}

/// Creates the role, which exists if another database of the server has it.
const CREATE_ROLE: &str = "\
    DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenantry_tenant') THEN \
    CREATE ROLE tenantry_tenant NOLOGIN; END IF; \
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;";

const GRANT_SCHEMA: &str = "\
    DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO tenantry_tenant', current_schema()); \
    END $$;";

/// Returns the grants of the role. Epochs are counters without a tenant.
fn grants() -> String {
    let mut grants = format!("REVOKE ALL ON epochs FROM {ROLE};");
    grants.push_str("GRANT SELECT (subject_id, epoch) ON epochs TO tenantry_tenant;");
    for Protected { table, rights, .. } in protected_tables() {
        let _ = write!(grants, "GRANT {rights} ON {table} TO {ROLE};");
    }
    grants
}

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
    db: &DatabaseTransaction,
    facts: &Facts,
    login: Option<&str>,
) -> Result<(), PortError> {
    let failed = |error| port_error("create the policies of row-level security", error);
    let member = quoted(login.unwrap_or(&facts.login));
    create_role(db, &member).await?;
    join_role(db, login.unwrap_or(&facts.login)).await?;
    let mut script = String::new();
    let missing = without(db, ROLE, ROLE).await.map_err(failed)?;
    if !missing.is_empty() {
        let _ = write!(script, "{GRANT_SCHEMA}{}", grants());
    }
    for protected in &missing {
        let (table, condition) = (protected.table, protected.condition());
        let _ = write!(
            script,
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; \
             DROP POLICY IF EXISTS {ROLE} ON {table}; \
             CREATE POLICY {ROLE} ON {table} TO {ROLE} USING ({condition});",
        );
    }
    if let Some(login) = login {
        let missing = without(db, PLATFORM, login).await.map_err(failed)?;
        // There may be new tables.
        script.push_str(&grant_tables(&member));
        for Protected { table, .. } in missing {
            let _ = write!(
                script,
                "DROP POLICY IF EXISTS {PLATFORM} ON {table}; \
                 CREATE POLICY {PLATFORM} ON {table} TO {member} USING (true);",
            );
        }
    }
    match db.execute_unprepared(&script).await {
        Ok(_) => Ok(()),
        Err(error) if is_forbidden(&error) => {
            let text = format!(
                "create the policies of row-level security: the login does not own the tables; set \
                 database.migrate_url to the URL of their owner, {OR_DISABLE}"
            );
            Err(refusal(text).caused_by(error))
        }
        Err(error) => Err(failed(error)),
    }
}

async fn create_role(db: &DatabaseTransaction, member: &str) -> Result<(), PortError> {
    match db.execute_unprepared(CREATE_ROLE).await {
        Ok(_) => Ok(()),
        Err(error) if is_forbidden(&error) => {
            let text = format!(
                "create the role of row-level security: the login may not create roles; run CREATE \
                 ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO {member}; as an administrator, {OR_DISABLE}"
            );
            Err(refusal(text).caused_by(error))
        }
        Err(error) => Err(port_error("create the role of row-level security", error)),
    }
}

/// Permits a login to switch to the role. Since version 16, membership alone does
/// not.
async fn join_role(db: &DatabaseTransaction, login: &str) -> Result<(), PortError> {
    let member = quoted(login);
    let literal = login.replace('\'', "''");
    let join = format!(
        "DO $$ BEGIN IF NOT pg_has_role('{literal}', '{ROLE}', \
         CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) \
         THEN GRANT {ROLE} TO {member}; END IF; END $$;"
    );
    match db.execute_unprepared(&join).await {
        Ok(_) => Ok(()),
        Err(error) if is_forbidden(&error) => {
            let text = format!(
                "use the role of row-level security: the login is not a member; run GRANT {ROLE} TO \
                 {member}; as an administrator, {OR_DISABLE}"
            );
            Err(refusal(text).caused_by(error))
        }
        Err(error) => Err(port_error("use the role of row-level security", error)),
    }
}

/// Returns the tables without a policy for a role.
async fn without(
    db: &DatabaseTransaction,
    policy: &str,
    role: &str,
) -> Result<Vec<Protected>, DbErr> {
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
    let is_missing = |protected: &Protected| !existing.iter().any(|name| name == protected.table);
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
