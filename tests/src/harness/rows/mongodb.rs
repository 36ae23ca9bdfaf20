//! The documents of a MongoDB database.

use std::{collections::BTreeSet, path::Path};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use mongodb::{
    Client, Collection, Database,
    bson::{Binary, Bson, Document, doc, spec::BinarySubtype},
};
use uuid::Uuid;

use super::{
    reader::Rows,
    tampering::{CHAINS, Cell, ENTRIES, Tampering},
};

struct MongodbRows {
    url: String,
}

/// Opens the database of a URL.
pub(in crate::harness) fn open(url: &str, _data: &Path) -> Box<dyn Rows> {
    let url = url.to_owned();
    Box::new(MongodbRows { url })
}

#[async_trait]
impl Rows for MongodbRows {
    async fn all(&self) -> BTreeSet<String> {
        let database = self.database().await;
        let collections = database.list_collection_names().await;
        let mut rows = BTreeSet::new();
        for name in collections.expect("collections") {
            // The writer's lease is not data and changes by itself.
            if name == "leases" {
                continue;
            }
            let found = documents(&database, &name, doc! {}).await.into_iter();
            rows.extend(found.map(|row| format!("{name}: {}", readable(row.into()))));
        }
        rows
    }

    async fn replace_email_key(&self, key: &str, by: &str) {
        let identities = self.database().await.collection::<Document>("identities");
        let update = doc! { "$set": { "email_key": by } };
        let updated = identities.update_one(doc! { "email_key": key }, update);
        assert_eq!(updated.await.expect("an update").modified_count, 1);
    }

    async fn jobs_of(&self, tenant: &str) -> Vec<String> {
        let database = self.database().await;
        let jobs = documents(&database, "jobs", doc! {}).await.into_iter();
        let text = |job: &Document, key: &str| {
            let value = job.get(key).cloned().unwrap_or(Bson::Null);
            readable(value).as_str().map(str::to_owned)
        };
        jobs.filter(|job| text(job, "tenant_id").as_deref() == Some(tenant))
            .filter_map(|job| text(&job, "_id"))
            .collect()
    }

    async fn tamper(&self, change: &Tampering) {
        let database = self.database().await;
        let entries = database.collection::<Document>(ENTRIES);
        match change {
            Tampering::Copy { entry, id } => copy(&entries, *entry, *id).await,
            Tampering::Set {
                entry,
                column: "id",
                value: Cell::Id(id),
            } => {
                copy(&entries, *entry, *id).await;
                let removed = entries.delete_one(doc! { "_id": bson_id(*entry) }).await;
                assert_eq!(removed.expect("a change").deleted_count, 1);
            }
            Tampering::Set {
                entry,
                column,
                value,
            } => {
                let set = doc! { "$set": { *column: bson(value) } };
                let changed = entries
                    .update_one(doc! { "_id": bson_id(*entry) }, set)
                    .await;
                assert_eq!(changed.expect("a change").matched_count, 1);
            }
            Tampering::Truncate { chain, keep } => {
                let chain = bson_id(*chain);
                let tail = doc! { "chain_id": chain.clone(), "sequence": { "$gt": *keep } };
                let removed = entries.delete_many(tail).await;
                assert_ne!(removed.expect("a change").deleted_count, 0);
                let last = doc! { "chain_id": chain.clone(), "sequence": *keep };
                let last = documents(&database, ENTRIES, last).await;
                let hash = last[0].get("hash").cloned().expect("a hash");
                let set = doc! { "$set": { "sequence": *keep, "hash": hash } };
                let chains = database.collection::<Document>(CHAINS);
                let changed = chains.update_one(doc! { "_id": chain }, set).await;
                assert_eq!(changed.expect("a change").matched_count, 1);
            }
        }
    }
}

async fn copy(entries: &Collection<Document>, entry: Uuid, id: Uuid) {
    let found = entries.find_one(doc! { "_id": bson_id(entry) }).await;
    let mut row = found.expect("a read").expect("an entry");
    row.insert("_id", bson_id(id));
    entries.insert_one(row).await.expect("a change");
}

fn bson_id(id: Uuid) -> Bson {
    mongodb::bson::Uuid::from_bytes(id.into_bytes()).into()
}

fn bson(cell: &Cell) -> Bson {
    let bytes = |bytes: &[u8]| {
        Bson::Binary(Binary {
            subtype: BinarySubtype::Generic,
            bytes: bytes.to_vec(),
        })
    };
    match cell {
        Cell::Id(id) => bson_id(*id),
        Cell::Text(text) => Bson::String((*text).to_owned()),
        Cell::Object(key, value) => Bson::Array(vec![doc! { "key": key, "value": value }.into()]),
        Cell::Integer(number) => Bson::Int64(*number),
        Cell::Bytes(value) => bytes(value),
        Cell::Null => Bson::Null,
    }
}

impl MongodbRows {
    async fn database(&self) -> Database {
        let client = Client::with_uri_str(&self.url).await.expect("a client");
        client.default_database().expect("a database in the URL")
    }
}

async fn documents(database: &Database, collection: &str, filter: Document) -> Vec<Document> {
    let collection = database.collection::<Document>(collection);
    let found = collection.find(filter).await.expect("documents");
    found.try_collect().await.expect("documents")
}

/// Converts ids to text.
fn readable(value: Bson) -> Bson {
    match value {
        Bson::Binary(binary) if binary.subtype == BinarySubtype::Uuid => {
            let id = uuid::Uuid::from_slice(&binary.bytes).expect("an id");
            Bson::String(id.to_string())
        }
        Bson::Array(values) => Bson::Array(values.into_iter().map(readable).collect()),
        Bson::Document(fields) => {
            let fields = fields.into_iter();
            Bson::Document(fields.map(|(key, value)| (key, readable(value))).collect())
        }
        other => other,
    }
}
