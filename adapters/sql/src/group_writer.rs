//! Writing groups of orders on each database.

use tenantry_application::{ports::PortError, work::UnitOfWork};

use crate::{
    apply,
    dialect::Dialect,
    order::{Order, Outcome, PreparedUnit},
    postgres, sqlite,
};

/// Writes groups of orders.
#[derive(Debug)]
pub(crate) enum GroupWriter {
    Sqlite(sqlite::GroupWriter),
    Postgres(postgres::GroupWriter),
}

impl GroupWriter {
    pub(crate) const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Returns writers for further tasks, if the database supports concurrent
    /// groups.
    pub(crate) fn siblings(&self) -> Vec<Self> {
        match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(writer) => writer.siblings().map(Self::Postgres).collect(),
        }
    }

    /// Writes a group. A refused unit does not affect the others; an error fails
    /// all of them.
    #[tracing::instrument(level = "debug", skip_all, fields(orders = orders.len()))]
    pub(crate) async fn write(&self, orders: &[Order]) -> Result<Vec<Outcome>, PortError> {
        match self {
            Self::Sqlite(writer) => writer.write(orders).await,
            Self::Postgres(writer) => writer.write(orders).await,
        }
    }

    /// Reconnects after a group failed.
    pub(crate) async fn reconnect(&mut self) {
        match self {
            Self::Sqlite(writer) => writer.reconnect().await,
            Self::Postgres(_) => {}
        }
    }

    /// Closes the connections, unless they are shared.
    pub(crate) async fn close(self) {
        match self {
            Self::Sqlite(writer) => writer.close().await,
            Self::Postgres(_) => {}
        }
    }
}

/// Returns the statements that apply a unit.
pub(crate) fn prepare(dialect: Dialect, unit: &UnitOfWork) -> PreparedUnit {
    let steps = apply::steps(unit, dialect.backend());
    match dialect {
        Dialect::Sqlite => PreparedUnit::Calls(sqlite::calls(&steps)),
        Dialect::Postgres if postgres::is_plain(unit) => {
            PreparedUnit::Calls(postgres::calls(&steps))
        }
        Dialect::Postgres => PreparedUnit::Steps(steps),
    }
}
