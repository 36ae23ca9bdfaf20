//! Errors of `SQLite`.

use sea_orm::{DbErr, IdenStatic, RuntimeErr};
use tenantry_application::{
    ports::{PortErrorKind, UniqueKey},
    work::Kind,
};

use tenantry_store::{Column, Stored, key_columns, table_name, with_stored};

use super::driver::Stop;

/// Returns the reason a unit stopped; `None` for an unrelated error.
pub(crate) fn stop(error: &DbErr) -> Option<Stop> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return None;
    };
    let error = error.as_database_error()?;
    (primary_code(error) == SQLITE_CONSTRAINT).then(|| Stop::Refused(key_of(error.message())))
}

const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_NOMEM: u32 = 7;
const SQLITE_READONLY: u32 = 8;
const SQLITE_IOERR: u32 = 10;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
const SQLITE_PROTOCOL: u32 = 15;
const SQLITE_CONSTRAINT: u32 = 19;
const SQLITE_NOTADB: u32 = 26;

/// Returns the primary result code; 0 if the error has none.
fn primary_code(error: &dyn sqlx::error::DatabaseError) -> u32 {
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    code.map_or(0, |code| code & 0xFF)
}

/// Returns the kind of an error.
pub(crate) fn kind_of(error: &dyn sqlx::error::DatabaseError) -> PortErrorKind {
    match primary_code(error) {
        SQLITE_BUSY | SQLITE_LOCKED | SQLITE_NOMEM | SQLITE_READONLY | SQLITE_IOERR
        | SQLITE_FULL | SQLITE_CANTOPEN | SQLITE_PROTOCOL => PortErrorKind::Unavailable,
        SQLITE_CORRUPT | SQLITE_NOTADB => PortErrorKind::Corrupt,
        _ => PortErrorKind::Internal,
    }
}

/// Returns the unique key of a message such as `UNIQUE constraint failed:
/// files.tenant_id, files.path`.
fn key_of(message: &str) -> Option<UniqueKey> {
    let failed = message.strip_prefix("UNIQUE constraint failed: ")?;
    Kind::ALL.iter().find_map(|kind| {
        with_stored!(kind, T => {
            let table = table_name::<T>();
            let are = |columns: &[Column<T>]| {
                let names = columns.iter().map(|column| format!("{table}.{}", column.as_str()));
                names.eq(failed.split(", "))
            };
            if are(&key_columns::<T>().collect::<Vec<_>>()) {
                return Some(UniqueKey::Id(*kind));
            }
            let unique = <T as Stored>::UNIQUE.iter().find(|unique| are(unique.columns));
            unique.map(|unique| unique.key)
        })
    })
}
