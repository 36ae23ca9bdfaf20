//! The queue of background work.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use mongodb::bson::Document;
use tenantry_application::ports::{JobQueue, PortError};
use tenantry_domain::{Timestamp, id::JobId, job::Job};

use crate::{
    commit::{Command, Commits, due_filters},
    database::{Database, Find},
    plan::Table,
};

/// Hands out jobs.
#[derive(Debug, Clone)]
pub(crate) struct MongoJobQueue {
    pub(crate) database: Database,
    pub(crate) commits: Arc<Commits>,
}

impl MongoJobQueue {
    async fn is_any_due(&self, now: Timestamp) -> Result<bool, PortError> {
        for filter in due_filters(now) {
            let find = Find::new(Table::Jobs, filter).fields(&["_id"]);
            if self.database.row::<Document>(find).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[async_trait]
impl JobQueue for MongoJobQueue {
    async fn lookup(&self, id: JobId) -> Result<Option<Job>, PortError> {
        self.database.lookup(id).await
    }

    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Job>, PortError> {
        // Idle workers ask often: they are not to bother who writes.
        if !self.is_any_due(now).await? {
            return Ok(None);
        }
        let worker = worker.to_owned();
        let command = Command::Claim { worker, now, lease };
        self.commits.run(None, command).await?.job()
    }

    async fn extend_lease(
        &self,
        id: JobId,
        attempt: u32,
        until: Timestamp,
    ) -> Result<bool, PortError> {
        let command = Command::Extend { id, attempt, until };
        self.commits.run(None, command).await?.done()
    }
}
