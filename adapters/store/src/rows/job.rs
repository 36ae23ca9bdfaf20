//! The table `jobs`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{ports::PortError, work::Kind};
use tenantry_domain::{
    Revision, Timestamp,
    id::{JobId, TenantId, UserId},
    job::{Job, JobKind, JobState, Lease},
};

use super::{Reading, id, integer};
use crate::{Key, Scope, Stored};

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    pub kind: String,
    #[serde(with = "id::optional")]
    pub tenant_id: Option<Uuid>,
    pub payload: String,
    pub state: String,
    pub run_at: i64,
    pub attempt: i64,
    pub failures: i64,
    pub max_attempts: i64,
    pub lease_worker: Option<String>,
    pub lease_until: Option<i64>,
    pub error: Option<String>,
    #[serde(with = "id::optional")]
    pub requested_by: Option<Uuid>,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Job;

impl Stored for Job {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Shared(Column::TenantId);

    const LOOKUPS: &'static [&'static [Column]] = &[&[Column::State, Column::RunAt, Column::Id]];

    fn key(&self) -> Key {
        self.id.into()
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
            revision: integer(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
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
}
