//! The queue of background work.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use sea_orm::{EntityTrait, QueryFilter};
use tenantry_application::ports::{JobQueue, PortError};
use tenantry_domain::{Timestamp, id::JobId, job::Job};

use crate::{
    convert::Stored,
    entity::job::Entity,
    reader::{Reader, entity},
    writer::Writer,
};

/// Whether a job is due, or one whose worker did not come back. Each half
/// walks the index and stops at its first.
const PEEK: &str = "\
    SELECT id FROM (\
    SELECT * FROM (SELECT id FROM jobs WHERE state = 'queued' AND run_at <= ? \
    ORDER BY run_at, id LIMIT 1) AS due \
    UNION ALL \
    SELECT * FROM (SELECT id FROM jobs WHERE state = 'running' AND lease_until < ? \
    ORDER BY run_at, id LIMIT 1) AS lost\
    ) AS waiting LIMIT 1";

/// Leaves the revision alone: the worker's own completion expects the one it
/// claimed.
const EXTEND: &str = "\
    UPDATE jobs SET lease_until = ? WHERE id = ? AND attempt = ? AND state = 'running' \
    RETURNING id";

/// Hands out jobs.
#[derive(Debug, Clone)]
pub(crate) struct SqlJobQueue {
    pub(crate) reader: Reader,
    pub(crate) writer: Arc<Writer>,
}

#[async_trait]
impl JobQueue for SqlJobQueue {
    async fn lookup(&self, id: JobId) -> Result<Option<Job>, PortError> {
        self.reader.one(Entity::find().filter(Job::keyed(id))).await
    }

    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Job>, PortError> {
        let at = now.as_millis();
        // Idle workers ask often: they are not to bother the writer.
        let due = [at.into(), at.into()];
        let due = self.reader.rows_by("look for jobs", PEEK, due).await?;
        if due.is_empty() {
            return Ok(None);
        }
        let until = now.plus(lease).as_millis();
        let values = [worker.into(), until.into(), at.into(), at.into(), at.into()];
        let claimed = self.writer.run(self.reader.dialect.claim(), values).await?;
        claimed.first().map(entity).transpose()
    }

    async fn extend_lease(
        &self,
        id: JobId,
        attempt: u32,
        until: Timestamp,
    ) -> Result<bool, PortError> {
        let values = [
            until.as_millis().into(),
            id.as_uuid().into(),
            i64::from(attempt).into(),
        ];
        let extended = self.writer.run(EXTEND, values).await?;
        Ok(!extended.is_empty())
    }
}
