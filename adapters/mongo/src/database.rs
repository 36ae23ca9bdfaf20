//! Reading documents, each answer within its time.

use std::{future::IntoFuture, time::Duration};

use futures_util::{TryStreamExt, future::BoxFuture};
use mongodb::{
    ClientSession, Collection,
    bson::{self, Document, RawDocumentBuf, doc},
    error::Result as DriverResult,
    options::FindOptions,
};
use serde::de::DeserializeOwned;
use tenantry_application::ports::PortError;
use tenantry_domain::id::TenantId;
use uuid::Uuid;

use crate::{
    error::port_error,
    plan::{Table, bson_id, from_document},
    rows::Stored,
};

/// Names of ids asked for in one question.
pub(crate) const IDS_AT_ONCE: usize = 500;

/// The database. Clones share its connections.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) db: mongodb::Database,
    pub(crate) answer_timeout: Duration,
}

/// What is looked for in a collection.
#[derive(Debug, Clone)]
pub(crate) struct Find {
    pub(crate) table: Table,
    filter: Document,
    options: FindOptions,
}

impl Find {
    /// The documents that a filter lets through.
    pub(crate) fn new(table: Table, filter: Document) -> Self {
        Self {
            table,
            filter,
            options: FindOptions::default(),
        }
    }

    /// In an order.
    pub(crate) fn sort(mut self, sort: Document) -> Self {
        self.options.sort = Some(sort);
        self
    }

    /// Without the first so many.
    pub(crate) fn skip(mut self, skip: u64) -> Self {
        self.options.skip = Some(skip);
        self
    }

    /// At most so many. None where it is zero.
    pub(crate) fn limit(mut self, limit: u32) -> Self {
        self.options.limit = Some(limit.into());
        self
    }

    /// These fields alone.
    pub(crate) fn fields(mut self, names: &[&str]) -> Self {
        let fields = names.iter().map(|name| ((*name).to_owned(), 1.into()));
        self.options.projection = Some(fields.collect());
        self
    }
}

/// Where is read: as things are, or as a transaction sees them.
pub(crate) enum Source<'s> {
    Now(&'s Database),
    Transaction(&'s Database, &'s mut ClientSession),
}

impl Source<'_> {
    /// The documents that are found.
    pub(crate) fn find(&mut self, find: Find) -> BoxFuture<'_, DriverResult<Vec<RawDocumentBuf>>> {
        match self {
            Self::Now(database) => Box::pin(database.documents(find)),
            Self::Transaction(database, session) => Box::pin(database.documents_in(session, find)),
        }
    }
}

impl Database {
    /// A collection.
    pub(crate) fn collection(&self, table: Table) -> Collection<RawDocumentBuf> {
        self.db.collection(table.name())
    }

    /// Waits for an answer as long as one may take.
    pub(crate) async fn bounded<T>(
        &self,
        question: impl IntoFuture<Output = DriverResult<T>>,
    ) -> DriverResult<T> {
        match tokio::time::timeout(self.answer_timeout, question.into_future()).await {
            Ok(answer) => answer,
            Err(_) => Err(late()),
        }
    }

    async fn documents_in(
        &self,
        session: &mut ClientSession,
        find: Find,
    ) -> DriverResult<Vec<RawDocumentBuf>> {
        // The driver takes zero for no limit.
        if find.options.limit == Some(0) {
            return Ok(Vec::new());
        }
        let collection = self.collection(find.table);
        let action = collection.find(find.filter).with_options(find.options);
        let cursor = action.session(&mut *session).into_future();
        let mut cursor = self.bounded(cursor).await?;
        let mut found = Vec::new();
        loop {
            let next = async { cursor.next(session).await.transpose() };
            match self.bounded(next).await? {
                Some(document) => found.push(document),
                None => return Ok(found),
            }
        }
    }

    async fn documents(&self, find: Find) -> DriverResult<Vec<RawDocumentBuf>> {
        // The driver takes zero for no limit.
        if find.options.limit == Some(0) {
            return Ok(Vec::new());
        }
        let collection = self.collection(find.table);
        let action = collection.find(find.filter).with_options(find.options);
        let mut cursor = self.bounded(action).await?;
        let mut found = Vec::new();
        while let Some(document) = self.bounded(cursor.try_next()).await? {
            found.push(document);
        }
        Ok(found)
    }

    /// What the documents that are found hold.
    pub(crate) async fn rows<R: DeserializeOwned>(&self, find: Find) -> Result<Vec<R>, PortError> {
        let table = find.table;
        let found = Source::Now(self).find(find).await;
        let found = found.map_err(|error| port_error(reading(table), error))?;
        let rows = found.iter().map(|document| from_document(table, document));
        rows.collect()
    }

    /// What the one document that is found holds.
    pub(crate) async fn row<R: DeserializeOwned>(
        &self,
        find: Find,
    ) -> Result<Option<R>, PortError> {
        Ok(self.rows(find.limit(1)).await?.into_iter().next())
    }

    /// The entities of a filter, in an order.
    pub(crate) async fn all<T: Stored>(&self, find: Find) -> Result<Vec<T>, PortError> {
        let rows = self.rows::<T::Row>(find).await?;
        rows.into_iter().map(T::from_row).collect()
    }

    /// The entity of a filter.
    pub(crate) async fn one<T: Stored>(&self, filter: Document) -> Result<Option<T>, PortError> {
        let row = self.row::<T::Row>(Find::new(T::TABLE, filter)).await?;
        row.map(T::from_row).transpose()
    }

    /// How many documents a filter lets through, counted up to a cap.
    pub(crate) async fn count(
        &self,
        table: Table,
        filter: Document,
        cap: Option<u64>,
    ) -> Result<u64, PortError> {
        let collection = self.collection(table);
        let mut count = collection.count_documents(filter);
        if let Some(cap) = cap {
            count = count.limit(cap);
        }
        let count = self.bounded(count).await;
        count.map_err(|error| port_error(reading(table), error))
    }

    /// What an aggregation answers.
    pub(crate) async fn aggregate<R: DeserializeOwned>(
        &self,
        table: Table,
        stages: Vec<Document>,
    ) -> Result<Vec<R>, PortError> {
        let collection = self.collection(table);
        let found = async {
            let mut cursor = self.bounded(collection.aggregate(stages)).await?;
            let mut found = Vec::new();
            while let Some(document) = self.bounded(cursor.try_next()).await? {
                found.push(document);
            }
            Ok(found)
        };
        let found: Vec<Document> = found
            .await
            .map_err(|error| port_error(reading(table), error))?;
        let rows = found.into_iter().map(|document| {
            bson::deserialize_from_document(document)
                .map_err(|error| port_error(reading(table), error.into()))
        });
        rows.collect()
    }

    /// The entity of an id.
    pub(crate) async fn lookup<T: Stored>(&self, id: T::Id) -> Result<Option<T>, PortError> {
        self.one(doc! { "_id": &T::key(id) }).await
    }
}

pub(crate) fn reading(table: Table) -> String {
    format!("read {}", table.name())
}

fn late() -> mongodb::error::Error {
    std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer in time").into()
}

/// A filter of documents behind an id.
pub(crate) fn after(mut filter: Document, id: Option<Uuid>) -> Document {
    if let Some(id) = id {
        filter.insert("_id", doc! { "$gt": bson_id(id) });
    }
    filter
}

/// A filter of documents of a tenant: every filter of one begins here.
pub(crate) fn of_tenant(tenant: TenantId) -> Document {
    doc! { "tenant_id": bson_id(tenant.as_uuid()) }
}
