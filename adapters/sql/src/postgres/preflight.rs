//! Conditions that a database must meet before migrations.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};
use tenantry_application::ports::{PortError, PortErrorKind};

use super::BACKEND;
use crate::error::port_error;

/// The oldest supported version, as `server_version_num`.
const OLDEST: i32 = 130_000;

const FACTS: &str = "\
    SELECT current_setting('server_version_num')::int4 AS version, \
    current_setting('server_encoding') AS encoding, \
    pg_is_in_recovery() AS is_standby, \
    current_setting('transaction_read_only') = 'on' AS is_read_only, \
    current_schema()::text AS schema, \
    COALESCE(has_schema_privilege(current_schema()::text, 'CREATE'), false) AS may_create, \
    current_user::text AS login";

/// The state of the database and the rights of the login.
pub(super) struct Facts {
    version: i32,
    encoding: String,
    is_standby: bool,
    is_read_only: bool,
    /// The first existing schema of `search_path`.
    schema: Option<String>,
    may_create: bool,
    pub(super) login: String,
}

impl Facts {
    /// Reads the facts, and rejects a database on which the service cannot work.
    pub(super) async fn read(transaction: &DatabaseTransaction) -> Result<Self, PortError> {
        let failed = |error| port_error("read the properties of the database", error);
        let facts = sea_orm::Statement::from_string(BACKEND, FACTS);
        let row = transaction.query_one_raw(facts).await.map_err(failed)?;
        let row = row.ok_or_else(|| failed(DbErr::RecordNotFound("no row".to_owned())))?;
        let facts = Self::of(&row).map_err(failed)?;
        match facts.fault() {
            Some(fault) => Err(refusal(format!("open the database: {fault}"))),
            None => Ok(facts),
        }
    }

    fn of(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            version: row.try_get("", "version")?,
            encoding: row.try_get("", "encoding")?,
            is_standby: row.try_get("", "is_standby")?,
            is_read_only: row.try_get("", "is_read_only")?,
            schema: row.try_get("", "schema")?,
            may_create: row.try_get("", "may_create")?,
            login: row.try_get("", "login")?,
        })
    }

    fn fault(&self) -> Option<String> {
        let Self {
            version,
            encoding,
            login,
            ..
        } = self;
        if *version < OLDEST {
            let major = version / 10_000;
            return Some(format!(
                "PostgreSQL {major} is too old; use version 13 or newer"
            ));
        }
        if encoding != "UTF8" {
            return Some(format!(
                "its encoding is {encoding}; create it with ENCODING 'UTF8' TEMPLATE template0"
            ));
        }
        if self.is_standby {
            return Some(
                "the server is a standby, which is read-only; set database.url to the \
                         primary server"
                    .to_owned(),
            );
        }
        if self.is_read_only {
            return Some(format!(
                "it is read-only; set default_transaction_read_only to off for the database and \
                 the login {login}"
            ));
        }
        if self.schema.is_none() {
            return Some(format!(
                "no schema of search_path exists with USAGE for the login {login}; create it, or \
                 change search_path"
            ));
        }
        None
    }

    /// Returns an error if the login may not create tables.
    pub(super) fn may_create(&self) -> Result<(), PortError> {
        if self.may_create {
            return Ok(());
        }
        let (login, schema) = (
            quoted(&self.login),
            quoted(self.schema.as_deref().unwrap_or_default()),
        );
        Err(refusal(format!(
            "migrate the database: the login may not create tables; run GRANT CREATE ON SCHEMA \
             {schema} TO {login} as the owner of the schema, or set database.migrate_url"
        )))
    }
}

/// Returns the error of a condition that an administrator must establish.
pub(super) fn refusal(context: impl Into<String>) -> PortError {
    PortError::new(PortErrorKind::Internal, context)
}

/// Quotes an identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
