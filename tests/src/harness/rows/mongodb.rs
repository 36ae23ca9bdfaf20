//! The documents of a MongoDB database.

use std::{collections::BTreeSet, path::Path};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use mongodb::{
    Client, Database,
    bson::{Bson, Document, doc, spec::BinarySubtype},
};

use super::reader::Rows;

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
