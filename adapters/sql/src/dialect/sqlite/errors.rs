//! What `SQLite`'s errors mean.

use sea_orm::{DbErr, RuntimeErr};
use tenantry_application::{
    ports::{PortErrorKind, UniqueKey},
    work::Kind,
};

use crate::dialect::Stop;

/// The refusal that an error stands for; `None` for any other error.
pub(super) fn refused(error: &DbErr) -> Option<Stop> {
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

/// The code without its extension; 0 where there is none.
fn primary_code(error: &dyn sqlx::error::DatabaseError) -> u32 {
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    code.map_or(0, |code| code & 0xFF)
}

/// What an error means to the caller.
pub(crate) fn kind_of(error: &dyn sqlx::error::DatabaseError) -> PortErrorKind {
    match primary_code(error) {
        SQLITE_BUSY | SQLITE_LOCKED | SQLITE_NOMEM | SQLITE_READONLY | SQLITE_IOERR
        | SQLITE_FULL | SQLITE_CANTOPEN | SQLITE_PROTOCOL => PortErrorKind::Unavailable,
        SQLITE_CORRUPT | SQLITE_NOTADB => PortErrorKind::Corrupt,
        _ => PortErrorKind::Internal,
    }
}

/// The key that a message such as `UNIQUE constraint failed: files.id` names.
fn key_of(message: &str) -> Option<UniqueKey> {
    let columns = message.strip_prefix("UNIQUE constraint failed: ")?;
    let last = columns.rsplit(", ").next()?;
    Some(match last {
        "identities.id" => UniqueKey::Id(Kind::Identity),
        "identities.email_key" => UniqueKey::IdentityEmail,
        "identities.username_key" => UniqueKey::IdentityUsername,
        "tenants.id" => UniqueKey::Id(Kind::Tenant),
        "tenants.name_key" => UniqueKey::TenantName,
        "tenants.subdomain_key" => UniqueKey::TenantSubdomain,
        "roles.id" => UniqueKey::Id(Kind::Role),
        "roles.name_key" => UniqueKey::RoleName,
        "memberships.user_id" => UniqueKey::Id(Kind::Membership),
        "sessions.id" => UniqueKey::Id(Kind::Session),
        "files.id" => UniqueKey::Id(Kind::File),
        "files.path" => UniqueKey::FilePath,
        "versions.id" => UniqueKey::Id(Kind::Version),
        "versions.number" => UniqueKey::VersionNumber,
        "blobs.id" => UniqueKey::Id(Kind::Blob),
        "jobs.id" => UniqueKey::Id(Kind::Job),
        "idempotency_records.id" => UniqueKey::Id(Kind::Idempotency),
        "idempotency_records.key" => UniqueKey::IdempotencyKey,
        "audit_entries.id" => UniqueKey::Id(Kind::Audit),
        "quotas.tenant_id" => UniqueKey::Id(Kind::Quota),
        _ => return None,
    })
}
