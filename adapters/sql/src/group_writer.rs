//! The connections that write.

use tenantry_application::{ports::PortError, work::UnitOfWork};

use crate::{
    apply,
    dialect::Dialect,
    order::{Order, Outcome, Prepared},
    postgres, sqlite,
};

/// Writes groups of orders.
#[derive(Debug)]
pub(crate) enum Writing {
    Sqlite(sqlite::Writing),
    Postgres(postgres::Writing),
}

impl Writing {
    pub(crate) const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The same for another task, as often as the database takes several
    /// groups at once.
    pub(crate) fn more(&self) -> Vec<Self> {
        match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(writing) => writing.more().map(Self::Postgres).collect(),
        }
    }

    /// Writes a group. A unit that is refused leaves the others alone; an
    /// error here fails them all.
    #[tracing::instrument(level = "debug", skip_all, fields(orders = orders.len()))]
    pub(crate) async fn write(&self, orders: &[Order]) -> Result<Vec<Outcome>, PortError> {
        match self {
            Self::Sqlite(writing) => writing.write(orders).await,
            Self::Postgres(writing) => writing.write(orders).await,
        }
    }

    /// Starts anew after a group has failed.
    pub(crate) async fn renew(&mut self) {
        match self {
            Self::Sqlite(writing) => writing.renew().await,
            Self::Postgres(_) => {}
        }
    }

    /// Closes the connections, unless others share them: they end with the
    /// last.
    pub(crate) async fn close(self) {
        match self {
            Self::Sqlite(writing) => writing.close().await,
            Self::Postgres(_) => {}
        }
    }
}

/// Returns the statements that apply a unit.
pub(crate) fn prepare(dialect: Dialect, unit: &UnitOfWork) -> Prepared {
    let steps = apply::steps(unit, dialect.backend());
    match dialect {
        Dialect::Sqlite => Prepared::Calls(sqlite::calls(&steps)),
        Dialect::Postgres if postgres::is_plain(unit) => {
            Prepared::Calls(vec![postgres::call(&steps)])
        }
        Dialect::Postgres => Prepared::Steps(steps),
    }
}
