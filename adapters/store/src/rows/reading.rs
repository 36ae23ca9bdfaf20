//! Conversion of columns to the types of the domain, with errors that name the
//! corrupt row.

use std::fmt::Display;

use tenantry_application::{
    ports::{PortError, PortErrorKind},
    work::Kind,
};
use tenantry_domain::Invalid;
use uuid::Uuid;

/// The row being read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    kind: Kind,
    id: Uuid,
}

impl Reading {
    /// Starts reading a row.
    pub const fn of(kind: Kind, id: Uuid) -> Self {
        Self { kind, id }
    }

    /// Returns the error for a column with an invalid value.
    pub fn corrupt(&self, column: &str, cause: impl Display) -> PortError {
        let (kind, id) = (self.kind, self.id);
        PortError::new(
            PortErrorKind::Corrupt,
            format!(
                "read {kind} {id}: column {column} is corrupt: {cause}; restore it from a backup"
            ),
        )
    }

    /// Returns the parsed value.
    pub fn parsed<T>(&self, column: &str, parsed: Result<T, Invalid>) -> Result<T, PortError> {
        parsed.map_err(|invalid| self.corrupt(column, invalid))
    }

    /// Returns a value that must be present and known.
    pub fn known<T>(&self, column: &str, value: Option<T>) -> Result<T, PortError> {
        value.ok_or_else(|| self.corrupt(column, "missing or unknown value"))
    }

    /// Converts an integer.
    pub fn count<N: TryFrom<i64>>(&self, column: &str, number: i64) -> Result<N, PortError> {
        N::try_from(number).map_err(|_| self.corrupt(column, "out of range"))
    }

    /// Converts a hash of 32 bytes.
    pub fn bytes(&self, column: &str, bytes: &[u8]) -> Result<[u8; 32], PortError> {
        bytes
            .try_into()
            .map_err(|_| self.corrupt(column, "must have 32 bytes"))
    }
}

/// Converts a count to a column. Counts above `i64::MAX` occur only as limits
/// that mean "unlimited", and so does `i64::MAX`.
pub fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
