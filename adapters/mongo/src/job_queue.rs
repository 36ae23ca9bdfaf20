//! The job queue.

use std::time::Duration;

use async_trait::async_trait;
use mongodb::bson::Document;
use tenantry_application::ports::{JobQueue, PortError};
use tenantry_domain::{Timestamp, id::JobId, job::Job};

use tenantry_store::{RowReader, Stored};

use crate::{
    backend::MongoBackend,
    collection::Collection,
    commit::{Command, due_filters},
    find::Find,
};

/// The queue of background jobs.
#[derive(Debug, Clone)]
pub(crate) struct MongoJobQueue {
    pub(crate) backend: MongoBackend,
}

impl MongoJobQueue {
    async fn is_any_due(&self, now: Timestamp) -> Result<bool, PortError> {
        for filter in due_filters(now) {
            let find = Find::new(Collection::of(Job::KIND), filter).fields(&["_id"]);
            if self.backend.database.row::<Document>(find).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[async_trait]
impl JobQueue for MongoJobQueue {
    async fn lookup(&self, id: JobId) -> Result<Option<Job>, PortError> {
        self.backend.lookup(id.into()).await
    }

    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Job>, PortError> {
        // Idle workers poll often, and must not load the writer.
        if !self.is_any_due(now).await? {
            return Ok(None);
        }
        let worker = worker.to_owned();
        let command = Command::Claim { worker, now, lease };
        self.backend.commits.run(None, command).await?.job()
    }

    async fn extend_lease(
        &self,
        id: JobId,
        attempt: u32,
        until: Timestamp,
    ) -> Result<bool, PortError> {
        let command = Command::Extend { id, attempt, until };
        self.backend.commits.run(None, command).await?.done()
    }
}
