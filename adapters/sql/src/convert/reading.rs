//! Reading columns that must hold what the domain's types promise.

use std::fmt::Display;

use tenantry_application::ports::{PortError, PortErrorKind};
use tenantry_domain::Invalid;
use uuid::Uuid;

/// The row that is being read, to be named when it is corrupt.
pub(crate) struct Reading {
    table: &'static str,
    id: Uuid,
}

impl Reading {
    /// Begins reading a row.
    pub(crate) fn of(table: &'static str, id: Uuid) -> Self {
        Self { table, id }
    }

    /// The error that a column does not hold what it must.
    pub(crate) fn corrupt(&self, column: &str, why: impl Display) -> PortError {
        PortError::new(
            PortErrorKind::Corrupt,
            format!(
                "column {column} of row {id} in {table} is corrupt: {why}",
                id = self.id,
                table = self.table
            ),
        )
    }

    /// A value that its type has parsed.
    pub(crate) fn parsed<T>(
        &self,
        column: &str,
        parsed: Result<T, Invalid>,
    ) -> Result<T, PortError> {
        parsed.map_err(|invalid| self.corrupt(column, invalid))
    }

    /// A value that must be there or be known.
    pub(crate) fn known<T>(&self, column: &str, value: Option<T>) -> Result<T, PortError> {
        value.ok_or_else(|| self.corrupt(column, "missing or not a known value"))
    }

    /// A count.
    pub(crate) fn count<N: TryFrom<i64>>(&self, column: &str, number: i64) -> Result<N, PortError> {
        N::try_from(number).map_err(|_| self.corrupt(column, "out of range"))
    }

    /// A hash or digest.
    pub(crate) fn bytes(&self, column: &str, bytes: &[u8]) -> Result<[u8; 32], PortError> {
        bytes
            .try_into()
            .map_err(|_| self.corrupt(column, "must have 32 bytes"))
    }

    /// A list of ids, kept as JSON.
    pub(crate) fn ids<T>(
        &self,
        column: &str,
        json: &str,
        id: fn(Uuid) -> T,
    ) -> Result<Vec<T>, PortError> {
        let texts: Vec<&str> =
            serde_json::from_str(json).map_err(|error| self.corrupt(column, error))?;
        texts
            .into_iter()
            .map(|text| match Uuid::try_parse(text) {
                Ok(uuid) => Ok(id(uuid)),
                Err(error) => Err(self.corrupt(column, error)),
            })
            .collect()
    }
}

/// A list of ids as JSON.
pub(crate) fn ids_to_json(ids: impl Iterator<Item = Uuid>) -> String {
    serde_json::Value::from(ids.map(|id| id.to_string()).collect::<Vec<_>>()).to_string()
}
