//! Reads with a timeout.

use std::{future::IntoFuture, time::Duration};

use futures_util::{TryStreamExt, future::BoxFuture};
use mongodb::{
    ClientSession,
    bson::{self, Document, RawDocumentBuf},
    error::Result as DriverResult,
};
use serde::de::DeserializeOwned;
use tenantry_application::ports::PortError;
use tenantry_store::Stored;

use crate::{
    collection::{Collection, entity, from_document},
    error::port_error,
    find::Find,
};

/// The maximum number of ids in one query.
pub(crate) const IDS_AT_ONCE: usize = 500;

/// The database. Clones share its connections.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) db: mongodb::Database,
    pub(crate) answer_timeout: Duration,
}

/// The source of reads: the database, or a transaction.
pub(crate) enum Source<'s> {
    Now(&'s Database),
    Transaction(&'s Database, &'s mut ClientSession),
}

impl Source<'_> {
    /// Returns the documents that a command finds.
    pub(crate) fn find(&mut self, find: Find) -> BoxFuture<'_, DriverResult<Vec<RawDocumentBuf>>> {
        match self {
            Self::Now(database) => Box::pin(database.documents(find)),
            Self::Transaction(database, session) => Box::pin(database.documents_in(session, find)),
        }
    }
}

impl Database {
    /// Returns a collection.
    pub(crate) fn collection(&self, collection: Collection) -> mongodb::Collection<RawDocumentBuf> {
        self.db.collection(collection.name())
    }

    /// Waits for a reply within the timeout.
    pub(crate) async fn bounded<T>(
        &self,
        operation: impl IntoFuture<Output = DriverResult<T>>,
    ) -> DriverResult<T> {
        match tokio::time::timeout(self.answer_timeout, operation.into_future()).await {
            Ok(result) => result,
            Err(_) => Err(timed_out()),
        }
    }

    async fn documents_in(
        &self,
        session: &mut ClientSession,
        find: Find,
    ) -> DriverResult<Vec<RawDocumentBuf>> {
        if find.is_empty() {
            return Ok(Vec::new());
        }
        let collection = self.collection(find.collection);
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
        if find.is_empty() {
            return Ok(Vec::new());
        }
        let collection = self.collection(find.collection);
        let action = collection.find(find.filter).with_options(find.options);
        let mut cursor = self.bounded(action).await?;
        let mut found = Vec::new();
        while let Some(document) = self.bounded(cursor.try_next()).await? {
            found.push(document);
        }
        Ok(found)
    }

    /// Returns the documents that a command finds, deserialized.
    pub(crate) async fn rows<R: DeserializeOwned>(&self, find: Find) -> Result<Vec<R>, PortError> {
        let collection = find.collection;
        let found = Source::Now(self).find(find).await;
        let found = found.map_err(|error| port_error(reading(collection), error))?;
        let rows = found
            .iter()
            .map(|document| from_document(collection, document));
        rows.collect()
    }

    /// Returns the first document that a command finds, deserialized.
    pub(crate) async fn row<R: DeserializeOwned>(
        &self,
        find: Find,
    ) -> Result<Option<R>, PortError> {
        Ok(self.rows(find.limit(1_u32)).await?.into_iter().next())
    }

    /// Returns the entities that a command finds.
    pub(crate) async fn entities<T: Stored>(&self, find: Find) -> Result<Vec<T>, PortError> {
        let collection = find.collection;
        let found = Source::Now(self).find(find).await;
        let found = found.map_err(|error| port_error(reading(collection), error))?;
        found.iter().map(entity).collect()
    }

    /// Counts the documents that a command finds, up to a cap.
    pub(crate) async fn count(&self, find: Find, cap: Option<u64>) -> Result<u64, PortError> {
        let collection = self.collection(find.collection);
        let mut count = collection.count_documents(find.filter);
        if let Some(cap) = cap {
            count = count.limit(cap);
        }
        let count = self.bounded(count).await;
        count.map_err(|error| port_error(reading(find.collection), error))
    }

    /// Returns the result of an aggregation.
    pub(crate) async fn aggregate<R: DeserializeOwned>(
        &self,
        collection: Collection,
        stages: Vec<Document>,
    ) -> Result<Vec<R>, PortError> {
        let documents = self.collection(collection);
        let found = async {
            let mut cursor = self.bounded(documents.aggregate(stages)).await?;
            let mut found = Vec::new();
            while let Some(document) = self.bounded(cursor.try_next()).await? {
                found.push(document);
            }
            Ok(found)
        };
        let found: Vec<Document> = found
            .await
            .map_err(|error| port_error(reading(collection), error))?;
        let rows = found.into_iter().map(|document| {
            bson::deserialize_from_document(document)
                .map_err(|error| port_error(reading(collection), error.into()))
        });
        rows.collect()
    }
}

pub(crate) fn reading(collection: Collection) -> String {
    format!("read {}", collection.name())
}

fn timed_out() -> mongodb::error::Error {
    std::io::Error::new(std::io::ErrorKind::TimedOut, "no response in time").into()
}
