//! What differs from one database to another. Everything else in this crate
//! is the same for all of them.
//!
//! A dialect says how connections are opened, how units of work are written,
//! what its errors mean, and how the few expressions are written that SQL has
//! no common form for.

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, Statement,
    TransactionOptions, TransactionTrait, Value,
    sea_query::{Expr, IntoColumnRef},
};
use tenantry_application::{
    ports::{PortError, PortErrorKind, UniqueKey},
    work::UnitOfWork,
};
use tenantry_domain::id::TenantId;
use uuid::Uuid;

use crate::{SqlOptions, apply, error::port_error, reader::Reader};

/// Takes a job; how its row is locked until then is all that differs.
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "UPDATE jobs SET state = 'running', attempt = attempt + 1, ",
            "failures = failures + CASE state WHEN 'running' THEN 1 ELSE 0 END, lease_worker = ?, ",
            "lease_until = ?, started_at = ?, revision = revision + 1 WHERE id = (",
            "SELECT id FROM (",
            "SELECT * FROM (SELECT run_at, id FROM jobs WHERE state = 'queued' AND run_at <= ? ",
            "ORDER BY run_at, id LIMIT 1",
            $lock,
            ") AS due UNION ALL ",
            "SELECT * FROM (SELECT run_at, id FROM jobs WHERE state = 'running' AND lease_until < ? ",
            "ORDER BY run_at, id LIMIT 1",
            $lock,
            ") AS lost) AS waiting ORDER BY run_at, id LIMIT 1) RETURNING *"
        )
    };
}

mod postgres;
mod sqlite;
mod writing;

pub(crate) use writing::Writing;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// A part of a unit of work, in the form a database takes.
#[derive(Debug)]
pub(crate) enum Step {
    /// Must change one row.
    ChangeOne(Statement),
    /// May change any number of rows; a unique key may refuse it.
    Change(Statement),
    /// A query that must find a row.
    Find(Statement),
}

/// What applies a unit of work, built by whoever asks for it: those who write
/// have less time.
#[derive(Debug)]
pub(crate) enum Prepared {
    /// One call after the other.
    Calls(Vec<Statement>),
    /// One step after the other, each with a look at what it did.
    Steps(Vec<Step>),
}

/// What an error of a step means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Some step did not find what it must, or found a key taken.
    Refused(Option<UniqueKey>),
    /// Another transaction was in the way; the same may succeed now.
    Conflict,
}

impl Stop {
    /// The key that the database itself found taken.
    pub(crate) const fn violated(self) -> Option<UniqueKey> {
        match self {
            Self::Refused(violated) => violated,
            Self::Conflict => None,
        }
    }
}

/// The parts of an open database.
pub(crate) struct Opened {
    pub(crate) reader: Reader,
    pub(crate) writing: Writing,
}

impl Dialect {
    /// The dialect of an open connection.
    pub(crate) fn of(backend: DbBackend) -> Self {
        match backend {
            DbBackend::Postgres => Self::Postgres,
            _ => Self::Sqlite,
        }
    }

    /// For building statements.
    pub(crate) const fn backend(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
        }
    }

    /// A statement written by hand, with `?` for each value.
    pub(crate) fn statement(self, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        match self {
            Self::Sqlite => Statement::from_sql_and_values(self.backend(), sql, values),
            Self::Postgres => {
                let sql = postgres::numbered(sql);
                Statement::from_sql_and_values(self.backend(), sql, values)
            }
        }
    }

    /// Whether a text column contains a text, byte for byte.
    pub(crate) fn contains(self, column: impl IntoColumnRef, text: &str) -> Expr {
        let template = match self {
            Self::Sqlite => "instr(?, ?) > 0",
            Self::Postgres => "strpos($1, $2) > 0",
        };
        Expr::cust_with_exprs(template, [Expr::col(column), Expr::val(text.to_owned())])
    }

    /// Whether an id column holds one of some ids. They are one value, so that
    /// the text of the statement is always the same and stays prepared.
    pub(crate) fn id_among(
        self,
        column: impl IntoColumnRef,
        ids: impl Iterator<Item = Uuid>,
    ) -> Expr {
        let ids: Vec<String> = ids.map(|id| id.simple().to_string()).collect();
        let json = serde_json::Value::from(ids).to_string();
        let template = match self {
            Self::Sqlite => "? IN (SELECT unhex(value) FROM json_each(?))",
            Self::Postgres => "$1 IN (SELECT value::uuid FROM json_array_elements_text($2::json))",
        };
        Expr::cust_with_exprs(template, [Expr::col(column), Expr::val(json)])
    }

    /// Takes the job that has waited longest: one that is due, or one whose
    /// worker did not come back.
    pub(crate) const fn claim(self) -> &'static str {
        match self {
            Self::Sqlite => sqlite::CLAIM,
            Self::Postgres => postgres::CLAIM,
        }
    }

    /// What applies a unit.
    pub(crate) fn prepare(self, unit: &UnitOfWork) -> Prepared {
        let steps = apply::steps(unit, self.backend());
        match self {
            Self::Sqlite => Prepared::Calls(sqlite::calls(&steps)),
            Self::Postgres if postgres::is_plain(unit) => {
                Prepared::Calls(vec![postgres::call(&steps)])
            }
            Self::Postgres => Prepared::Steps(steps),
        }
    }

    /// Puts a transaction behind the wall of a tenant, where there is one.
    pub(crate) async fn enter(
        self,
        transaction: &DatabaseTransaction,
        tenant: TenantId,
    ) -> Result<(), DbErr> {
        match self {
            Self::Sqlite => Ok(()),
            Self::Postgres => postgres::enter(transaction, tenant).await,
        }
    }

    /// Begins a transaction whose reads are all as of one instant.
    pub(crate) async fn snapshot(
        self,
        db: &DatabaseConnection,
    ) -> Result<DatabaseTransaction, DbErr> {
        let isolation_level = match self {
            // As it is in any case.
            Self::Sqlite => None,
            Self::Postgres => Some(IsolationLevel::RepeatableRead),
        };
        let options = TransactionOptions {
            isolation_level,
            ..TransactionOptions::default()
        };
        db.begin_with_options(options).await
    }
}

/// Opens the database, which on a disk is made where there is none.
pub(crate) async fn open(options: &SqlOptions) -> Result<Opened, PortError> {
    match options {
        SqlOptions::Sqlite(options) => sqlite::open(options).await,
        SqlOptions::Postgres(options) => postgres::open(options).await,
    }
}

/// Runs `migrate` on a connection of its own that may change the schema.
pub(crate) async fn migrate(
    options: &SqlOptions,
    migrate: impl AsyncFnOnce(&DatabaseConnection) -> Result<(), PortError>,
) -> Result<(), PortError> {
    match options {
        SqlOptions::Sqlite(options) => {
            let db = sqlite::open_writer(options).await?;
            let migrated = migrate(&db).await;
            let closed = db.close().await;
            migrated?;
            closed.map_err(|error| port_error("close a connection", error))
        }
        SqlOptions::Postgres(options) => postgres::migrate_locked(options, migrate).await,
    }
}

/// Tries what keeps tenants apart beside the queries.
pub(crate) async fn check(options: &SqlOptions, reader: &Reader) -> Result<(), PortError> {
    match options {
        SqlOptions::Postgres(options) if options.row_security => {
            postgres::check(&reader.link.reading()).await
        }
        _ => Ok(()),
    }
}

/// Whether a query was refused for a text that the database cannot hold.
pub(crate) fn is_unstorable(error: &DbErr) -> bool {
    postgres::is_unstorable(error)
}

/// What an error of a database means to the caller.
pub(crate) fn kind_of(error: &dyn sqlx::error::DatabaseError) -> PortErrorKind {
    if error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .is_some()
    {
        postgres::kind_of(error)
    } else {
        sqlite::kind_of(error)
    }
}
