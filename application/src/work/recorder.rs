//! Recording, common to both units of work.

use std::collections::BTreeMap;

use tenantry_domain::{
    Timestamp, audit::AuditEntry, id::TenantId, job::JobState, quota::QuotaMovement,
    tenant::ActiveTenant,
};

use super::{Change, Entity, Expectation, Guard, GuardedSet, Kind, Write};
use crate::ports::{EpochSubject, PortError, PortErrorKind, Signal};

/// A unit of work as adapters see it: checked, complete, in canonical order.
#[derive(Debug, Clone)]
pub struct UnitOfWork {
    /// The tenant whose rows it carries, if it carries any.
    pub tenant: Option<TenantId>,
    /// What must hold and what changes.
    pub changes: Vec<Change>,
}

impl UnitOfWork {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.changes
            .iter()
            .all(|change| matches!(change, Change::Expect(_)))
    }
}

/// What is recorded so far.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    tenant: Option<TenantId>,
    changes: Vec<Change>,
    quota: BTreeMap<TenantId, QuotaMovement>,
    guards: BTreeMap<(TenantId, GuardedSet), Option<u64>>,
    epochs: BTreeMap<EpochSubject, Timestamp>,
    fault: Option<String>,
}

impl Recorder {
    pub(super) fn for_tenant(tenant: ActiveTenant) -> Self {
        let mut recorder = Self {
            tenant: Some(tenant.id()),
            ..Self::default()
        };
        recorder.push(Change::Expect(Expectation::TenantActive(tenant)));
        recorder
    }

    /// Lets a platform unit carry the rows of one tenant.
    pub(super) fn carry(&mut self, tenant: TenantId) {
        match self.tenant {
            None => self.tenant = Some(tenant),
            Some(carried) if carried == tenant => {}
            Some(_) => self.blame("a unit of work carries the rows of one tenant only"),
        }
    }

    pub(super) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(super) fn expect(&mut self, expectation: Expectation) {
        self.push(Change::Expect(expectation));
    }

    pub(super) fn move_quota(&mut self, tenant: TenantId, used: i64, reserved: i64) {
        let movement = self.quota.entry(tenant).or_default();
        movement.used += used;
        movement.reserved += reserved;
    }

    pub(super) fn raise_guard(&mut self, tenant: TenantId, set: GuardedSet, expected: Option<u64>) {
        let guard = self.guards.entry((tenant, set)).or_default();
        match (*guard, expected) {
            (Some(a), Some(b)) if a != b => self.blame("one guard is expected at two versions"),
            (None, Some(_)) => *guard = expected,
            _ => {}
        }
    }

    pub(super) fn raise_epoch(&mut self, subject: EpochSubject, at: Timestamp) {
        self.epochs.insert(subject, at);
    }

    pub(super) fn audit(&mut self, entry: AuditEntry) {
        if entry.tenant_id.is_some() && entry.tenant_id != self.tenant {
            self.blame("an audit entry belongs to another tenant");
        }
        self.push(Change::Audit(entry));
    }

    /// What other processes may want to hear of once the unit is committed.
    pub(super) fn signals(&self) -> Vec<Signal> {
        let is_queued = |change: &Change| match change {
            Change::Job(Write::Add(job) | Write::Update(job)) => job.state == JobState::Queued,
            _ => false,
        };
        let jobs = self.changes.iter().any(is_queued);
        let jobs = jobs.then_some(Signal::JobsAdded);
        let epochs = self.epochs.keys().copied().map(Signal::EpochRaised);
        jobs.into_iter().chain(epochs).collect()
    }

    fn check<T: Entity>(&mut self, row: &T) {
        if row.tenant().is_some() && row.tenant() != self.tenant {
            self.blame(format!("a {} belongs to another tenant", T::KIND));
        }
    }

    pub(super) fn blame(&mut self, fault: impl Into<String>) {
        self.fault.get_or_insert(fault.into());
    }

    /// The unit in canonical order. A unit that was recorded wrongly, a fault
    /// of this program, is an internal error and never reaches a store.
    pub(super) fn finish(mut self) -> Result<UnitOfWork, PortError> {
        let guards = std::mem::take(&mut self.guards).into_iter();
        self.changes
            .extend(guards.map(|((tenant_id, set), expected)| {
                Change::Guard(Guard {
                    tenant_id,
                    set,
                    expected,
                })
            }));
        let epochs = std::mem::take(&mut self.epochs).into_iter();
        self.changes
            .extend(epochs.map(|(subject, at)| Change::Epoch(subject, at)));
        let moved = std::mem::take(&mut self.quota).into_iter();
        self.changes.extend(
            moved
                .filter(|(_, movement)| !movement.is_nothing())
                .map(|(tenant, movement)| Change::QuotaMove(tenant, movement)),
        );
        self.changes.sort_by(Change::order);
        if let Some(kind) = self
            .changes
            .windows(2)
            .find_map(|pair| same_row(&pair[0], &pair[1]))
        {
            self.blame(format!("one {kind} is changed twice"));
        }
        match self.fault {
            Some(fault) => Err(PortError::new(
                PortErrorKind::Internal,
                format!("unit of work: {fault}"),
            )),
            None => Ok(UnitOfWork {
                tenant: self.tenant,
                changes: self.changes,
            }),
        }
    }
}

fn same_row(a: &Change, b: &Change) -> Option<Kind> {
    fn same<T: Entity>(a: &Write<T>, b: &Write<T>) -> Option<Kind> {
        (a.id() == b.id()).then_some(T::KIND)
    }
    match (a, b) {
        (Change::Identity(a), Change::Identity(b)) => same(a, b),
        (Change::Tenant(a), Change::Tenant(b)) => same(a, b),
        (Change::Role(a), Change::Role(b)) => same(a, b),
        (Change::Membership(a), Change::Membership(b)) => same(a, b),
        (Change::Session(a), Change::Session(b)) => same(a, b),
        (Change::File(a), Change::File(b)) => same(a, b),
        (Change::Blob(a), Change::Blob(b)) => same(a, b),
        (Change::Version(a), Change::Version(b)) => same(a, b),
        (Change::Job(a), Change::Job(b)) => same(a, b),
        (Change::Idempotency(a), Change::Idempotency(b)) => same(a, b),
        _ => None,
    }
}

/// The verbs for rows of one kind.
#[derive(Debug)]
pub struct Rows<'w, T: Entity> {
    recorder: &'w mut Recorder,
    change: fn(Write<T>) -> Change,
}

impl<'w, T: Entity + Clone> Rows<'w, T> {
    pub(super) fn new(recorder: &'w mut Recorder, change: fn(Write<T>) -> Change) -> Self {
        Self { recorder, change }
    }

    /// Adds a row; refused when its id or a unique key of it is taken.
    pub fn add(self, row: &T) {
        self.recorder.check(row);
        self.recorder.push((self.change)(Write::Add(row.clone())));
    }

    /// Writes a row over the one it was read from; refused when that is gone
    /// or was written since.
    pub fn update(self, row: &T) {
        self.recorder.check(row);
        self.recorder
            .push((self.change)(Write::Update(row.clone())));
    }

    /// Removes a row; refused when it is gone or was written since it was read.
    pub fn remove(self, row: &T) {
        self.recorder.check(row);
        self.recorder
            .push((self.change)(Write::Remove(row.id(), row.revision())));
    }
}
