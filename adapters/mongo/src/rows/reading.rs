//! Reading fields that must hold what the domain's types promise.

use std::fmt::Display;

use mongodb::bson::Binary;
use tenantry_application::ports::{PortError, PortErrorKind};
use tenantry_domain::Invalid;

use crate::plan::Table;

/// The document that is being read, to be named when it is corrupt.
pub(crate) struct Reading<I> {
    table: Table,
    id: I,
}

impl<I: Display> Reading<I> {
    /// Begins reading a document.
    pub(crate) fn of(table: Table, id: I) -> Self {
        Self { table, id }
    }

    /// The error that a field does not hold what it must.
    pub(crate) fn corrupt(&self, field: &str, why: impl Display) -> PortError {
        let (id, collection) = (&self.id, self.table.name());
        PortError::new(
            PortErrorKind::Corrupt,
            format!("field {field} of document {id} in {collection} is corrupt: {why}"),
        )
    }

    /// A value that its type has parsed.
    pub(crate) fn parsed<T>(
        &self,
        field: &str,
        parsed: Result<T, Invalid>,
    ) -> Result<T, PortError> {
        parsed.map_err(|invalid| self.corrupt(field, invalid))
    }

    /// A value that must be there or be known.
    pub(crate) fn known<T>(&self, field: &str, value: Option<T>) -> Result<T, PortError> {
        value.ok_or_else(|| self.corrupt(field, "missing or not a known value"))
    }

    /// A count.
    pub(crate) fn count<N: TryFrom<i64>>(&self, field: &str, number: i64) -> Result<N, PortError> {
        N::try_from(number).map_err(|_| self.corrupt(field, "out of range"))
    }

    /// A hash or digest.
    pub(crate) fn hash(&self, field: &str, binary: &Binary) -> Result<[u8; 32], PortError> {
        let bytes: &[u8] = &binary.bytes;
        bytes
            .try_into()
            .map_err(|_| self.corrupt(field, "must have 32 bytes"))
    }
}
