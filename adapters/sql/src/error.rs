//! The database's errors as the ports name them.

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use tenantry_application::ports::{PortError, PortErrorKind};

use crate::dialect;

/// The failure of an operation.
pub(crate) fn port_error(context: impl Into<String>, error: DbErr) -> PortError {
    PortError::new(kind_of(&error), context).caused_by(error)
}

/// A failure after which nobody knows what of a group was written.
pub(crate) fn unavailable(context: impl Into<String>, error: DbErr) -> PortError {
    PortError::new(PortErrorKind::Unavailable, context).caused_by(error)
}

/// Whether no connection was free in time.
pub(crate) fn is_pool_timeout(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
        || matches!(driver_error(error), Some(sqlx::Error::PoolTimedOut))
}

/// The driver's own error.
pub(crate) fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// What an error means to the caller.
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
        sqlx::Error::Database(error) => dialect::kind_of(error.as_ref()),
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            PortErrorKind::Unavailable
        }
        sqlx::Error::PoolTimedOut => PortErrorKind::Busy,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => PortErrorKind::Corrupt,
        _ => PortErrorKind::Internal,
    }
}
