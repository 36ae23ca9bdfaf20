//! Errors of `PostgreSQL`.

use std::io;

use sea_orm::DbErr;
use sqlx::postgres::PgConnectOptions;
use tenantry_application::{
    ports::{PortError, PortErrorKind, UniqueKey},
    work::Kind,
};

use tenantry_store::{Stored, table_name, with_stored};

use super::driver::{Stop, driver_error};

const DIVISION_BY_ZERO: &str = "22012";
const UNTRANSLATABLE: &str = "22021";
const UNIQUE_VIOLATION: &str = "23505";
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK: &str = "40P01";

const NO_TLS: &str = "the TLS handshake failed; check sslmode and sslrootcert in database.url";

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

/// Returns the error of a failed connection attempt, without secrets.
pub(crate) fn refused(url: &str, error: DbErr) -> PortError {
    use sqlx::Error;

    let (kind, advice) = match driver_error(&error) {
        Some(Error::Database(found)) => match found.code().as_deref() {
            Some(code) if code.starts_with("28") => (
                PortErrorKind::Internal,
                "the login was rejected; check the user and the password in database.url",
            ),
            Some("3D000") => (
                PortErrorKind::Internal,
                "the database does not exist; create it, or check its name in database.url",
            ),
            Some("42501") => (
                PortErrorKind::Internal,
                "the login may not connect; grant it CONNECT on the database",
            ),
            _ => (
                kind_of(found.as_ref()),
                "the server rejected the connection",
            ),
        },
        Some(Error::Tls(_)) => (PortErrorKind::Internal, NO_TLS),
        // A failed handshake, an untrusted certificate for example.
        Some(Error::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
            (PortErrorKind::Internal, NO_TLS)
        }
        Some(Error::Configuration(_)) => (
            PortErrorKind::Internal,
            "database.url is not valid; check it",
        ),
        _ => (
            PortErrorKind::Unavailable,
            "the server does not respond; check the host and port in database.url, and that it runs",
        ),
    };
    let context = format!("connect to PostgreSQL{}: {advice}", place(url));
    PortError::new(kind, context).caused_by(error)
}

/// Returns the host and port of a URL.
fn place(url: &str) -> String {
    let Ok(options) = url.parse::<PgConnectOptions>() else {
        return String::new();
    };
    format!(" at {}:{}", options.get_host(), options.get_port())
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
