//! The driver's error inside sea-orm's.

use sea_orm::{DbErr, RuntimeErr};
use tenantry_application::ports::UniqueKey;

/// The reason a unit of work stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A step did not match its row, or violated the unique key.
    Refused(Option<UniqueKey>),
    /// Another transaction conflicted; a retry may succeed.
    Conflict,
}

impl Stop {
    /// Returns the violated unique key.
    pub(crate) const fn violated(self) -> Option<UniqueKey> {
        match self {
            Self::Refused(violated) => violated,
            Self::Conflict => None,
        }
    }
}

/// Returns the driver's error.
pub(crate) fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}
