//! Errors of the databases, mapped to those of the ports.

use sea_orm::{ConnAcquireErr, DbErr};
use tenantry_application::ports::{PortError, PortErrorKind};

mod driver;
pub(crate) mod postgres;
pub(crate) mod sqlite;

pub(crate) use driver::{Stop, driver_error};

/// Returns the error of a failed operation.
pub(crate) fn port_error(context: impl Into<String>, error: DbErr) -> PortError {
    let mut context = context.into();
    if let Some(advice) = postgres::advice(&error) {
        context = format!("{context}: {advice}");
    }
    PortError::new(kind_of(&error), context).caused_by(error)
}

/// Returns the error of a group of writes with an unknown outcome.
pub(crate) fn unavailable(context: impl Into<String>, error: DbErr) -> PortError {
    PortError::new(PortErrorKind::Unavailable, context).caused_by(error)
}

/// Returns whether no connection became free in time.
pub(crate) fn is_pool_timeout(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
        || matches!(driver_error(error), Some(sqlx::Error::PoolTimedOut))
}

/// Returns the kind of an error.
pub(crate) fn kind_of(error: &DbErr) -> PortErrorKind {
    if let Some(error) = driver_error(error) {
        return driver_kind(error);
    }
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => PortErrorKind::Busy,
        DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) | DbErr::Conn(_) => {
            PortErrorKind::Unavailable
        }
        DbErr::Type(_) | DbErr::TryIntoErr { .. } | DbErr::Json(_) => PortErrorKind::Corrupt,
        _ => PortErrorKind::Internal,
    }
}

fn driver_kind(error: &sqlx::Error) -> PortErrorKind {
    match error {
        sqlx::Error::Database(error) => database_kind(error.as_ref()),
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            PortErrorKind::Unavailable
        }
        sqlx::Error::PoolTimedOut => PortErrorKind::Busy,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => PortErrorKind::Corrupt,
        _ => PortErrorKind::Internal,
    }
}

fn database_kind(error: &dyn sqlx::error::DatabaseError) -> PortErrorKind {
    let postgres = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>();
    if postgres.is_some() {
        postgres::kind_of(error)
    } else {
        sqlite::kind_of(error)
    }
}
