//! Collections, indexes, and the schema version.

use futures_util::TryStreamExt;
use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};
use serde::Deserialize;
use tenantry_application::{
    ports::{PortError, PortErrorKind},
    work::Kind,
};

use crate::{
    collection::Collection,
    database::Database,
    error::{is_duplicate, port_error},
};

/// The collection of the document with the schema version.
const SCHEMA: &str = "schema";

/// The migrations, in order. A released migration never changes.
const MIGRATIONS: &[(&str, &[Index])] = &[
    ("m0001_all", FIRST),
    ("m0002_projects", PROJECTS),
    ("m0003_live_sessions", LIVE_SESSIONS),
    (COUNTED_VERSIONS, &[]),
    (NUMBERED_EPOCHS, EPOCH_ORDER),
];

/// The migration that counts the versions of each tenant.
const COUNTED_VERSIONS: &str = "m0004_version_charges";

/// The migration that numbers epochs.
const NUMBERED_EPOCHS: &str = "m0005_epoch_order";

/// An index: its kind, name and fields.
type Index = (Kind, &'static str, &'static [&'static str]);

// No index is unique: claims enforce uniqueness, and a unit of work may move a
// key from one row to another in any order.
const FIRST: &[Index] = &[
    (Kind::Identity, "email", &["email_key"]),
    (Kind::Identity, "username", &["username_key"]),
    (Kind::Tenant, "name", &["name_key"]),
    (Kind::Tenant, "subdomain", &["subdomain_key"]),
    (Kind::Role, "tenant", &["tenant_id", "_id"]),
    (
        Kind::Membership,
        "user",
        &["user_id", "created_at", "tenant_id"],
    ),
    (Kind::Session, "expiry", &["expires_at", "_id"]),
    (
        Kind::File,
        "path",
        &["tenant_id", "bucket", "bucket_id", "path", "_id"],
    ),
    (
        Kind::File,
        "by_name",
        &["tenant_id", "bucket", "bucket_id", "name_key", "_id"],
    ),
    (
        Kind::File,
        "by_created_at",
        &["tenant_id", "bucket", "bucket_id", "created_at", "_id"],
    ),
    (
        Kind::File,
        "by_updated_at",
        &["tenant_id", "bucket", "bucket_id", "updated_at", "_id"],
    ),
    (
        Kind::File,
        "by_size",
        &["tenant_id", "bucket", "bucket_id", "size_bytes", "_id"],
    ),
    (Kind::Version, "number", &["tenant_id", "file_id", "number"]),
    (Kind::Version, "blob", &["tenant_id", "blob_id"]),
    (Kind::Version, "id", &["tenant_id", "_id"]),
    (Kind::Blob, "digest", &["tenant_id", "digest"]),
    (Kind::Blob, "id", &["tenant_id", "_id"]),
    (Kind::Blob, "to_sweep", &["sweep_at", "tenant_id"]),
    (
        Kind::Blob,
        "of_tenant_to_sweep",
        &["tenant_id", "sweep_at", "_id"],
    ),
    (Kind::Blob, "backend", &["backend"]),
    (Kind::Job, "due", &["state", "run_at", "_id"]),
    (Kind::Idempotency, "scope", &["user_id", "key"]),
    (Kind::Idempotency, "expiry", &["expires_at", "_id"]),
    (Kind::Audit, "by_time", &["chain_id", "at", "_id"]),
    (
        Kind::Audit,
        "sealed",
        &["chain_id", "sequence", "at", "_id"],
    ),
    (Kind::Audit, "unsealed", &["sequence", "chain_id"]),
    // Processes of earlier versions poll by it.
    (Kind::Epoch, "changed_at", &["changed_at"]),
];

const PROJECTS: &[Index] = &[
    (Kind::Project, "by_name", &["tenant_id", "name_key", "_id"]),
    (
        Kind::Project,
        "by_created_at",
        &["tenant_id", "created_at", "_id"],
    ),
    (
        Kind::Project,
        "by_updated_at",
        &["tenant_id", "updated_at", "_id"],
    ),
];

const LIVE_SESSIONS: &[Index] = &[(
    Kind::Session,
    "live",
    &["user_id", "revoked_at", "rotated_at", "_id"],
)];

const EPOCH_ORDER: &[Index] = &[(Kind::Epoch, "ordinal", &["ordinal", "_id"])];

#[derive(Deserialize)]
struct Version {
    version: i64,
}

/// Applies the pending migrations; several processes may do so concurrently.
pub(crate) async fn migrate(database: &Database) -> Result<(), PortError> {
    let version = refuse_newer(database).await?;
    if version == MIGRATIONS.len() {
        return Ok(());
    }
    let existing = collections(database).await?;
    for collection in Collection::all() {
        if !existing.iter().any(|name| name == collection.name()) {
            create(database, collection).await?;
        }
    }
    for (name, indexes) in &MIGRATIONS[version..] {
        for index in *indexes {
            create_index(database, *index).await?;
        }
        if *name == COUNTED_VERSIONS {
            count_versions(database).await?;
        }
        if *name == NUMBERED_EPOCHS {
            number_epochs(database).await?;
        }
    }
    write_version(database).await
}

/// Gives the epochs of an earlier version the number 0. Only those that a process
/// of an earlier version raises from now on have none.
async fn number_epochs(database: &Database) -> Result<(), PortError> {
    let epochs = database.collection(Collection::Epochs);
    let first = doc! { "$set": { "ordinal": 0_i64 } };
    // Without a timeout: it takes as long as the data needs.
    let numbered = epochs.update_many(doc! { "ordinal": null }, first).await;
    numbered.map_err(|error| port_error("number the epochs", error))?;
    Ok(())
}

/// Returns the migrations of this program, and whether each is applied.
pub(crate) async fn status(database: &Database) -> Result<Vec<(String, bool)>, PortError> {
    let version = refuse_newer(database).await?;
    let migrations = MIGRATIONS.iter().enumerate();
    Ok(migrations
        .map(|(number, (name, _))| ((*name).to_owned(), number < version))
        .collect())
}

/// Returns the schema version; one of a newer program is refused.
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
                    "open the MongoDB database {name}: its schema version {version} is newer than {known}, the version of this program; use a newer program",
                    name = database.db.name(),
                ),
            )
        })
}

async fn collections(database: &Database) -> Result<Vec<String>, PortError> {
    let names = database.bounded(database.db.list_collection_names()).await;
    names.map_err(|error| port_error("list the collections", error))
}

/// Creates a collection, since a transaction must not be its first write.
async fn create(database: &Database, collection: Collection) -> Result<(), PortError> {
    /// The collection exists: another process created it.
    const NAMESPACE_EXISTS: i32 = 48;
    match database.db.create_collection(collection.name()).await {
        Err(error) if crate::error::code_of(&error) == Some(NAMESPACE_EXISTS) => Ok(()),
        created => {
            let context = format!("create the collection {}", collection.name());
            created.map_err(|error| port_error(context, error))
        }
    }
}

async fn create_index(database: &Database, (kind, name, fields): Index) -> Result<(), PortError> {
    let keys: Document = fields
        .iter()
        .map(|field| ((*field).to_owned(), 1.into()))
        .collect();
    let options = IndexOptions::builder().name(name.to_owned()).build();
    let index = IndexModel::builder().keys(keys).options(options).build();
    // Without a timeout: it takes as long as the data needs.
    let collection = Collection::of(kind);
    let created = database.collection(collection).create_index(index).await;
    let context = format!("create the index {name} of {}", collection.name());
    created.map_err(|error| port_error(context, error))?;
    Ok(())
}

/// Counts the versions of each tenant whose quota has no number of versions.
async fn count_versions(database: &Database) -> Result<(), PortError> {
    let failed = |error| port_error("count the versions of tenants", error);
    let quotas = database
        .db
        .collection::<Document>(Collection::of(Kind::Quota).name());
    let versions = database.collection(Collection::of(Kind::Version));
    let mut uncounted = quotas
        .find(doc! { "version_count": null })
        .await
        .map_err(failed)?;
    while let Some(quota) = uncounted.try_next().await.map_err(failed)? {
        let Some(tenant) = quota.get("_id") else {
            continue;
        };
        // Without a timeout: it takes as long as the data needs.
        let count = versions.count_documents(doc! { "tenant_id": tenant });
        let count = i64::try_from(count.await.map_err(failed)?).unwrap_or(i64::MAX);
        let of_tenant = doc! { "_id": tenant, "version_count": null };
        let counted = doc! { "$set": { "version_count": count } };
        let update = quotas.update_one(of_tenant, counted);
        update.await.map_err(failed)?;
    }
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
        // Another process wrote it.
        Err(error) if is_duplicate(&error) => Ok(()),
        written => match written {
            Ok(_) => Ok(()),
            Err(error) => Err(port_error("write the version of the database", error)),
        },
    }
}
