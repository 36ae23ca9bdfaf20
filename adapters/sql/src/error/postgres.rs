//! Errors of `PostgreSQL`.

use std::io;

use sea_orm::DbErr;
use tenantry_application::{
    ports::{PortError, PortErrorKind, UniqueKey},
    work::Kind,
};

use tenantry_store::{Stored, table_name, with_stored};

use super::driver::{Stop, driver_error};

const DIVISION_BY_ZERO: &str = "22012";
const UNTRANSLATABLE: &str = "22021";
const READ_ONLY: &str = "25006";
const STATEMENT_IS_MISSING: &str = "26000";
const STATEMENT_EXISTS: &str = "42P05";
const FORBIDDEN: &str = "42501";
const UNIQUE_VIOLATION: &str = "23505";
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK: &str = "40P01";

/// Returns the reason a unit stopped; `None` for an unrelated error.
pub(crate) fn stop(error: &DbErr) -> Option<Stop> {
    let error = driver_error(error)?.as_database_error()?;
    match error.code()?.as_ref() {
        DIVISION_BY_ZERO => Some(Stop::Refused(None)),
        UNIQUE_VIOLATION => Some(Stop::Refused(error.constraint().and_then(key_of))),
        SERIALIZATION_FAILURE | DEADLOCK => Some(Stop::Conflict),
        _ => None,
    }
}

/// Returns whether a text contained NUL, which the server cannot store.
pub(crate) fn is_unstorable(error: &DbErr) -> bool {
    let error = driver_error(error).and_then(sqlx::Error::as_database_error);
    error.is_some_and(|error| error.code().as_deref() == Some(UNTRANSLATABLE))
}

/// Returns the advice for an error at any time.
pub(crate) fn advice(error: &DbErr) -> Option<&'static str> {
    let error = driver_error(error)?.as_database_error()?;
    match error.code()?.as_ref() {
        STATEMENT_EXISTS | STATEMENT_IS_MISSING => Some(
            "a pooler shares connections between transactions; set database.prepared_statements \
             to true if it supports prepared statements, otherwise to false",
        ),
        READ_ONLY => Some("the database is read-only; set database.url to the primary server"),
        _ => None,
    }
}

/// Returns whether the login lacks a right.
pub(crate) fn is_forbidden(error: &DbErr) -> bool {
    let error = driver_error(error).and_then(sqlx::Error::as_database_error);
    error.is_some_and(|error| error.code().as_deref() == Some(FORBIDDEN))
}

/// Returns the error of a failed connection attempt, without secrets. `key` is the
/// key of the URL, `place` the host and port.
pub(crate) fn refused(place: &str, key: &str, error: DbErr) -> PortError {
    use sqlx::Error;

    let (kind, advice) = match driver_error(&error) {
        Some(Error::Database(found)) => rejected(found.as_ref()),
        // A failed handshake, an untrusted certificate for example.
        Some(Error::Tls(_)) => NO_TLS,
        Some(Error::Io(error)) if error.kind() == io::ErrorKind::InvalidData => NO_TLS,
        Some(Error::Configuration(_)) => (PortErrorKind::Internal, "{key} is not valid; check it"),
        _ => (
            PortErrorKind::Unavailable,
            "the server does not respond; check the host and port in {key}, and that it runs",
        ),
    };
    let advice = advice.replace("{key}", key);
    let context = format!("connect to PostgreSQL at {place}: {advice}");
    PortError::new(kind, context).caused_by(error)
}

const NO_TLS: (PortErrorKind, &str) = (
    PortErrorKind::Internal,
    "the TLS handshake failed; check sslmode and sslrootcert in {key}",
);

/// Returns the kind and the advice for a connection that the server or a pooler
/// rejects.
fn rejected(error: &dyn sqlx::error::DatabaseError) -> (PortErrorKind, &'static str) {
    let advice = match error.code().as_deref() {
        Some(code) if code.starts_with("28") => {
            "the login was rejected; check the user and the password in {key}"
        }
        Some("3D000") => "the database does not exist; create it, or check its name in {key}",
        Some(FORBIDDEN) => "the login may not connect; grant it CONNECT on the database",
        _ if error.message().contains("unsupported startup parameter") => {
            "the pooler rejects options in {key}; remove them, or add them to \
             ignore_startup_parameters of the pooler"
        }
        _ if error.message().contains("statement pooling") => {
            "the pooler does not allow transactions; set its pool_mode to transaction or session"
        }
        _ => return (kind_of(error), "the server rejected the connection"),
    };
    (PortErrorKind::Internal, advice)
}

/// Returns the kind of an error, by the class of its SQLSTATE.
pub(crate) fn kind_of(error: &dyn sqlx::error::DatabaseError) -> PortErrorKind {
    let code = error.code().unwrap_or_default();
    match code.get(..2) {
        // Too many connections.
        Some("53") if code == "53300" => PortErrorKind::Busy,
        // Connection, resources, operator, system.
        Some("08" | "53" | "57" | "58") => PortErrorKind::Unavailable,
        _ if code == SERIALIZATION_FAILURE || code == DEADLOCK => PortErrorKind::Busy,
        _ => PortErrorKind::Internal,
    }
}

/// Returns the unique key of a constraint: `<table>_pkey` or the name of an
/// index.
fn key_of(constraint: &str) -> Option<UniqueKey> {
    Kind::ALL.iter().find_map(|kind| {
        with_stored!(kind, T => {
            if constraint.strip_suffix("_pkey") == Some(table_name::<T>()) {
                return Some(UniqueKey::Id(*kind));
            }
            let unique = <T as Stored>::UNIQUE.iter().find(|unique| unique.name == constraint);
            unique.map(|unique| unique.key)
        })
    })
}
