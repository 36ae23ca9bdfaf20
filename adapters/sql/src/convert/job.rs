//! Jobs.

use sea_orm::{ColumnTrait, Condition};
use tenantry_application::{
    ports::PortError,
    work::{Change, Write},
};
use tenantry_domain::{
    Revision, Timestamp,
    id::{JobId, TenantId, UserId},
    job::{Job, JobKind, JobState, Lease},
};

use super::{Reading, Stored, big};
use crate::entity::job::{Column, Entity, Model};

impl Stored for Job {
    type Table = Entity;

    const REVISION: Column = Column::Revision;
    const FIXED: &'static [Column] = &[Column::Id, Column::TenantId];

    fn keyed(id: JobId) -> Condition {
        Condition::all().add(Column::Id.eq(id.as_uuid()))
    }

    // A unit that carries a tenant's rows may carry the platform's jobs too.
    fn within(tenant: Option<TenantId>) -> Condition {
        let platform = Condition::any().add(Column::TenantId.is_null());
        match tenant {
            Some(tenant) => platform.add(Column::TenantId.eq(tenant.as_uuid())),
            None => platform,
        }
    }

    fn to_row(&self) -> Model {
        Model {
            id: self.id.as_uuid(),
            kind: self.kind.as_str().to_owned(),
            tenant_id: self.tenant_id.map(TenantId::as_uuid),
            payload: self.payload.clone(),
            state: self.state.as_str().to_owned(),
            run_at: self.run_at.as_millis(),
            attempt: self.attempt.into(),
            failures: self.failures.into(),
            max_attempts: self.max_attempts.into(),
            lease_worker: self.lease.as_ref().map(|lease| lease.worker.clone()),
            lease_until: self.lease.as_ref().map(|lease| lease.until.as_millis()),
            error: self.error.clone(),
            requested_by: self.requested_by.map(UserId::as_uuid),
            created_at: self.created_at.as_millis(),
            started_at: self.started_at.map(Timestamp::as_millis),
            finished_at: self.finished_at.map(Timestamp::as_millis),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of("jobs", row.id);
        let lease = row.lease_worker.zip(row.lease_until);
        Ok(Self {
            id: JobId::from_uuid(row.id),
            kind: read.known("kind", JobKind::parse(&row.kind))?,
            tenant_id: row.tenant_id.map(TenantId::from_uuid),
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
            requested_by: row.requested_by.map(UserId::from_uuid),
            created_at: Timestamp::from_millis(row.created_at),
            started_at: row.started_at.map(Timestamp::from_millis),
            finished_at: row.finished_at.map(Timestamp::from_millis),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }

    fn written_by(change: &Change) -> Option<&Write<Self>> {
        match change {
            Change::Job(write) => Some(write),
            _ => None,
        }
    }
}
