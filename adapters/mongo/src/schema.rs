//! Collections, their indexes, and the versions of both.

use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};
use serde::Deserialize;
use tenantry_application::ports::{PortError, PortErrorKind};

use crate::{
    database::Database,
    error::{is_duplicate, port_error},
    plan::Table,
};

/// The collection of the one document that tells the version.
const SCHEMA: &str = "schema";

/// What brings a database from one version to the next, in order. What was
/// released is never changed.
const MIGRATIONS: &[(&str, &[Index])] = &[("m0001_all", FIRST)];

/// An index: its collection, its name, and its fields in their order.
type Index = (Table, &'static str, &'static [&'static str]);

// None is unique: what is unique is claimed, and a unit of work may pass a
// key from one row to another in any order.
const FIRST: &[Index] = &[
    (Table::Identities, "email", &["email_key"]),
    (Table::Identities, "username", &["username_key"]),
    (Table::Tenants, "name", &["name_key"]),
    (Table::Tenants, "subdomain", &["subdomain_key"]),
    (Table::Roles, "tenant", &["tenant_id", "_id"]),
    (
        Table::Memberships,
        "user",
        &["user_id", "created_at", "tenant_id"],
    ),
    (Table::Sessions, "expiry", &["expires_at", "_id"]),
    (
        Table::Files,
        "path",
        &["tenant_id", "bucket", "bucket_id", "path", "_id"],
    ),
    (
        Table::Files,
        "by_name",
        &["tenant_id", "bucket", "bucket_id", "name_key", "_id"],
    ),
    (
        Table::Files,
        "by_created_at",
        &["tenant_id", "bucket", "bucket_id", "created_at", "_id"],
    ),
    (
        Table::Files,
        "by_updated_at",
        &["tenant_id", "bucket", "bucket_id", "updated_at", "_id"],
    ),
    (
        Table::Files,
        "by_size",
        &["tenant_id", "bucket", "bucket_id", "size_bytes", "_id"],
    ),
    (
        Table::Versions,
        "number",
        &["tenant_id", "file_id", "number"],
    ),
    (Table::Versions, "blob", &["tenant_id", "blob_id"]),
    (Table::Versions, "id", &["tenant_id", "_id"]),
    (Table::Blobs, "digest", &["tenant_id", "digest"]),
    (Table::Blobs, "id", &["tenant_id", "_id"]),
    (Table::Blobs, "to_sweep", &["sweep_at", "tenant_id"]),
    (
        Table::Blobs,
        "of_tenant_to_sweep",
        &["tenant_id", "sweep_at", "_id"],
    ),
    (Table::Blobs, "backend", &["backend"]),
    (Table::Jobs, "due", &["state", "run_at", "_id"]),
    (Table::Requests, "scope", &["user_id", "key"]),
    (Table::Requests, "expiry", &["expires_at", "_id"]),
    (Table::AuditEntries, "by_time", &["chain_id", "at", "_id"]),
    (
        Table::AuditEntries,
        "sealed",
        &["chain_id", "sequence", "at", "_id"],
    ),
    (Table::AuditEntries, "unsealed", &["sequence", "chain_id"]),
    (Table::Epochs, "changed_at", &["changed_at"]),
];

#[derive(Deserialize)]
struct Version {
    version: i64,
}

/// Makes what is missing. Several processes may do so at once.
pub(crate) async fn migrate(database: &Database) -> Result<(), PortError> {
    let version = refuse_newer(database).await?;
    if version == MIGRATIONS.len() {
        return Ok(());
    }
    let there = collections(database).await?;
    for table in Table::ALL {
        if !there.iter().any(|name| name == table.name()) {
            make(database, table).await?;
        }
    }
    for (_, indexes) in &MIGRATIONS[version..] {
        for index in *indexes {
            make_index(database, *index).await?;
        }
    }
    write_version(database).await
}

/// Every migration this program knows, and whether the database has it.
pub(crate) async fn status(database: &Database) -> Result<Vec<(String, bool)>, PortError> {
    let version = refuse_newer(database).await?;
    let migrations = MIGRATIONS.iter().enumerate();
    Ok(migrations
        .map(|(number, (name, _))| ((*name).to_owned(), number < version))
        .collect())
}

/// The version of the database. One that a newer program has changed is not
/// one this program may write to.
pub(crate) async fn refuse_newer(database: &Database) -> Result<usize, PortError> {
    let schema = database.db.collection::<Version>(SCHEMA);
    let found = database
        .bounded(schema.find_one(doc! { "_id": SCHEMA }))
        .await;
    let found = found.map_err(|error| port_error("read the version of the database", error))?;
    let version = found.map_or(0, |found| found.version);
    let known = MIGRATIONS.len();
    usize::try_from(version)
        .ok()
        .filter(|version| *version <= known)
        .ok_or_else(|| {
            PortError::new(
                PortErrorKind::Unsupported,
                format!(
                    "the database {name} on this MongoDB server is of schema version {version}, and this program knows {known}: use a newer program",
                    name = database.db.name(),
                ),
            )
        })
}

async fn collections(database: &Database) -> Result<Vec<String>, PortError> {
    let names = database.bounded(database.db.list_collection_names()).await;
    names.map_err(|error| port_error("list the collections", error))
}

/// Transactions are not to be the first to write to a collection.
async fn make(database: &Database, table: Table) -> Result<(), PortError> {
    /// It is there already: another process was faster.
    const NAMESPACE_EXISTS: i32 = 48;
    match database.db.create_collection(table.name()).await {
        Err(error) if crate::error::code_of(&error) == Some(NAMESPACE_EXISTS) => Ok(()),
        made => made.map_err(|error| port_error(format!("make {}", table.name()), error)),
    }
}

async fn make_index(database: &Database, (table, name, fields): Index) -> Result<(), PortError> {
    let keys: Document = fields
        .iter()
        .map(|field| ((*field).to_owned(), 1.into()))
        .collect();
    let options = IndexOptions::builder().name(name.to_owned()).build();
    let index = IndexModel::builder().keys(keys).options(options).build();
    // However long that takes on what is there.
    let made = database.collection(table).create_index(index).await;
    made.map_err(|error| port_error(format!("make the index {name} of {}", table.name()), error))?;
    Ok(())
}

async fn write_version(database: &Database) -> Result<(), PortError> {
    let schema = database.db.collection::<Document>(SCHEMA);
    let version = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let at_least = doc! { "$max": { "version": version } };
    let update = schema
        .update_one(doc! { "_id": SCHEMA }, at_least)
        .upsert(true);
    match database.bounded(update).await {
        // Another process was faster.
        Err(error) if is_duplicate(&error) => Ok(()),
        written => match written {
            Ok(_) => Ok(()),
            Err(error) => Err(port_error("write the version of the database", error)),
        },
    }
}
