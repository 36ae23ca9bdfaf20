//! The contents of the stores, read without the service or its API.

mod id_text;
mod mongodb;
mod postgres;
mod sqlite;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use tenantry_application::ports::PortErrorKind;
use tenantry_domain::{
    blob::Blob,
    tenant::{ActiveTenant, TenantStatus},
};

use self::id_text::bare;
use super::{Actor, Database, TestService};

/// A database, read without the service.
enum Rows<'s> {
    Sqlite(sqlite::Rows),
    Postgres(postgres::Rows<'s>),
    Mongodb(mongodb::Rows<'s>),
}

impl TestService {
    /// Returns every row of every table as a line of text, except rows that name
    /// one of `without`.
    pub async fn rows(&self, without: &[&Actor]) -> BTreeSet<String> {
        let ids = without
            .iter()
            .flat_map(|actor| [&actor.user_id, &actor.tenant_id]);
        let marks: Vec<String> = ids.map(|id| bare(id)).collect();
        let mut rows = match self.database() {
            Rows::Sqlite(rows) => rows.all().await,
            Rows::Postgres(rows) => rows.all().await,
            Rows::Mongodb(rows) => rows.all().await,
        };
        rows.retain(|line| {
            let line = bare(line);
            !marks.iter().any(|mark| line.contains(mark))
        });
        rows
    }

    /// Returns the job ids of a company, oldest first.
    pub async fn jobs_of(&self, company: &Actor) -> Vec<String> {
        let tenant = &company.tenant_id;
        let mut ids = match self.database() {
            Rows::Sqlite(rows) => rows.jobs_of(tenant).await,
            Rows::Postgres(rows) => rows.jobs_of(tenant).await,
            Rows::Mongodb(rows) => rows.jobs_of(tenant).await,
        };
        ids.sort();
        ids
    }

    /// Returns the stored bytes of a company by key; empty for an object without
    /// a record.
    pub async fn stored(&self, company: &Actor) -> BTreeMap<String, Vec<u8>> {
        let services = self.services();
        let id = company.tenant_id.parse().expect("an id");
        let active = ActiveTenant::of(id, TenantStatus::Active).expect("the witness");
        let records = services.store.open(active).await.expect("its store");
        let mut found = BTreeMap::new();
        for (_, blobs) in services.blobs.iter() {
            let entries: Vec<_> = blobs.list().try_collect().await.expect("a list");
            for entry in entries.iter().filter(|entry| entry.key.tenant_id == id) {
                let record = records.blobs().lookup(entry.key.blob_id).await;
                let record = record.expect("read");
                let mut bytes = Vec::new();
                if let Some(content) = record.as_ref().and_then(Blob::content) {
                    let whole = 0..content.size_bytes;
                    let read = match blobs.read(entry.key, content, whole).await {
                        // SweepResult after it was listed.
                        Err(error) if error.kind == PortErrorKind::NotFound => continue,
                        read => read.expect("read"),
                    };
                    bytes = read.try_collect().await.expect("the whole content");
                }
                found.insert(entry.key.to_string(), bytes.concat());
            }
        }
        found
    }

    fn database(&self) -> Rows<'_> {
        match self.place().providers.database {
            Database::Sqlite => Rows::Sqlite(sqlite::Rows::of(self.data())),
            Database::Postgres => Rows::Postgres(postgres::Rows::of(self.place())),
            Database::Mongodb => Rows::Mongodb(mongodb::Rows::of(self.place())),
        }
    }
}
