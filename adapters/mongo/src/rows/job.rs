//! Jobs.

use mongodb::bson;
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Revision, Timestamp,
    id::{JobId, TenantId, UserId},
    job::{Job, JobKind, JobState, Lease},
};

use super::{Reading, Stored, big, optional, uuid};
use crate::plan::{Key, Table, bson_id};

/// A job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct JobRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    kind: String,
    tenant_id: Option<bson::Uuid>,
    payload: String,
    state: String,
    run_at: i64,
    attempt: i64,
    failures: i64,
    max_attempts: i64,
    lease_worker: Option<String>,
    lease_until: Option<i64>,
    error: Option<String>,
    requested_by: Option<bson::Uuid>,
    created_at: i64,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    revision: i64,
}

impl Stored for Job {
    type Row = JobRow;

    const TABLE: Table = Table::Jobs;

    fn key(id: Self::Id) -> Key {
        Key::Id(id.as_uuid())
    }

    fn to_row(&self) -> JobRow {
        JobRow {
            id: bson_id(self.id.as_uuid()),
            kind: self.kind.as_str().to_owned(),
            tenant_id: optional(self.tenant_id.map(TenantId::as_uuid)),
            payload: self.payload.clone(),
            state: self.state.as_str().to_owned(),
            run_at: self.run_at.as_millis(),
            attempt: self.attempt.into(),
            failures: self.failures.into(),
            max_attempts: self.max_attempts.into(),
            lease_worker: self.lease.as_ref().map(|lease| lease.worker.clone()),
            lease_until: self.lease.as_ref().map(|lease| lease.until.as_millis()),
            error: self.error.clone(),
            requested_by: optional(self.requested_by.map(UserId::as_uuid)),
            created_at: self.created_at.as_millis(),
            started_at: self.started_at.map(Timestamp::as_millis),
            finished_at: self.finished_at.map(Timestamp::as_millis),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: JobRow) -> Result<Self, PortError> {
        let read = Reading::of(Table::Jobs, row.id);
        let lease = row.lease_worker.zip(row.lease_until);
        Ok(Self {
            id: JobId::from_uuid(uuid(row.id)),
            kind: read.known("kind", JobKind::parse(&row.kind))?,
            tenant_id: row.tenant_id.map(|id| TenantId::from_uuid(uuid(id))),
            payload: row.payload,
            state: read.known("state", JobState::parse(&row.state))?,
            run_at: Timestamp::from_millis(row.run_at),
            attempt: read.count("attempt", row.attempt)?,
            failures: read.count("failures", row.failures)?,
            max_attempts: read.count("max_attempts", row.max_attempts)?,
            lease: lease.map(|(worker, until)| Lease {
                worker,
                until: Timestamp::from_millis(until),
            }),
            error: row.error,
            requested_by: row.requested_by.map(|id| UserId::from_uuid(uuid(id))),
            created_at: Timestamp::from_millis(row.created_at),
            started_at: row.started_at.map(Timestamp::from_millis),
            finished_at: row.finished_at.map(Timestamp::from_millis),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }

    fn at(&self, revision: Revision) -> Self {
        Self {
            revision,
            ..self.clone()
        }
    }
}
