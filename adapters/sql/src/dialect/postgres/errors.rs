//! What the server's errors mean.

use std::io;

use sea_orm::DbErr;
use sqlx::postgres::PgConnectOptions;
use tenantry_application::{
    ports::{PortError, PortErrorKind, UniqueKey},
    work::Kind,
};

use crate::{dialect::Stop, error::driver_error};

const DIVISION_BY_ZERO: &str = "22012";
const UNTRANSLATABLE: &str = "22021";
const UNIQUE_VIOLATION: &str = "23505";
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK: &str = "40P01";

const NO_TLS: &str =
    "and this service find no TLS in common; look at sslmode and sslrootcert in database.url";

/// Why a unit stopped; `None` for an error that says nothing of the unit.
pub(super) fn stop(error: &DbErr) -> Option<Stop> {
    let error = driver_error(error)?.as_database_error()?;
    match error.code()?.as_ref() {
        DIVISION_BY_ZERO => Some(Stop::Refused(None)),
        UNIQUE_VIOLATION => Some(Stop::Refused(error.constraint().and_then(key_of))),
        SERIALIZATION_FAILURE | DEADLOCK => Some(Stop::Conflict),
        _ => None,
    }
}

/// Whether a text held a NUL, which none that is stored does.
pub(crate) fn is_unstorable(error: &DbErr) -> bool {
    let error = driver_error(error).and_then(sqlx::Error::as_database_error);
    error.is_some_and(|error| error.code().as_deref() == Some(UNTRANSLATABLE))
}

/// Why no connection came about: in words that say what to look at, and hold no
/// secret.
pub(super) fn refused(url: &str, error: DbErr) -> PortError {
    use sqlx::Error;

    let (kind, advice) = match driver_error(&error) {
        Some(Error::Database(found)) => match found.code().as_deref() {
            Some(code) if code.starts_with("28") => (
                PortErrorKind::Internal,
                "refuses the login; look at the user and the password in database.url",
            ),
            Some("3D000") => (
                PortErrorKind::Internal,
                "has no such database; make it, or look at its name in database.url",
            ),
            Some("42501") => (
                PortErrorKind::Internal,
                "lets the login not connect; grant it CONNECT on the database",
            ),
            _ => (kind_of(found.as_ref()), "refuses the connection"),
        },
        Some(Error::Tls(_)) => (PortErrorKind::Internal, NO_TLS),
        // What a handshake finds wrong with the other side, its certificate too.
        Some(Error::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
            (PortErrorKind::Internal, NO_TLS)
        }
        Some(Error::Configuration(_)) => (
            PortErrorKind::Internal,
            "cannot be reached by what database.url says",
        ),
        _ => (
            PortErrorKind::Unavailable,
            "does not answer; look at host and port in database.url, and whether it runs",
        ),
    };
    let context = format!("PostgreSQL {}{advice}", place(url));
    PortError::new(kind, context).caused_by(error)
}

/// Where a URL leads, without its login.
fn place(url: &str) -> String {
    let Ok(options) = url.parse::<PgConnectOptions>() else {
        return String::new();
    };
    format!("at {}:{} ", options.get_host(), options.get_port())
}

/// What an error means to the caller, by the class of its code.
pub(crate) fn kind_of(error: &dyn sqlx::error::DatabaseError) -> PortErrorKind {
    let code = error.code().unwrap_or_default();
    match code.get(..2) {
        // Too many connections come and go.
        Some("53") if code == "53300" => PortErrorKind::Busy,
        // Connection, resources, operator, system.
        Some("08" | "53" | "57" | "58") => PortErrorKind::Unavailable,
        _ if code == SERIALIZATION_FAILURE || code == DEADLOCK => PortErrorKind::Busy,
        _ => PortErrorKind::Internal,
    }
}

fn key_of(constraint: &str) -> Option<UniqueKey> {
    Some(match constraint {
        "identities_pkey" => UniqueKey::Id(Kind::Identity),
        "identities_email_key" => UniqueKey::IdentityEmail,
        "identities_username_key" => UniqueKey::IdentityUsername,
        "tenants_pkey" => UniqueKey::Id(Kind::Tenant),
        "tenants_name_key" => UniqueKey::TenantName,
        "tenants_subdomain_key" => UniqueKey::TenantSubdomain,
        "roles_pkey" => UniqueKey::Id(Kind::Role),
        "roles_name_key" => UniqueKey::RoleName,
        "memberships_pkey" => UniqueKey::Id(Kind::Membership),
        "sessions_pkey" => UniqueKey::Id(Kind::Session),
        "files_pkey" => UniqueKey::Id(Kind::File),
        "files_path" => UniqueKey::FilePath,
        "versions_pkey" => UniqueKey::Id(Kind::Version),
        "versions_number" => UniqueKey::VersionNumber,
        "blobs_pkey" => UniqueKey::Id(Kind::Blob),
        "jobs_pkey" => UniqueKey::Id(Kind::Job),
        "idempotency_records_pkey" => UniqueKey::Id(Kind::Idempotency),
        "idempotency_records_scope" => UniqueKey::IdempotencyKey,
        "audit_entries_pkey" => UniqueKey::Id(Kind::Audit),
        "quotas_pkey" => UniqueKey::Id(Kind::Quota),
        _ => return None,
    })
}
