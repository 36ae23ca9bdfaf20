//! The recorder shared by both units of work.

use std::{
    collections::{BTreeMap, HashSet},
    marker::PhantomData,
};

use tenantry_domain::{
    Timestamp,
    audit::AuditEntry,
    blob::ReferenceShift,
    epoch::EpochSubject,
    id::{BlobId, TenantId},
    job::JobState,
    quota::QuotaMovement,
    tenant::ActiveTenant,
};

use super::{
    BlobReferences, Change, Entity, Expectation, Guard, GuardedSet, Kind, RowChange, Signal, Write,
};
use crate::port_error::{PortError, PortErrorKind};

/// A unit of work as a store receives it: checked and in canonical order.
#[derive(Debug, Clone)]
pub struct UnitOfWork {
    /// The tenant whose rows it carries, if any.
    pub tenant: Option<TenantId>,
    /// The expectations and changes.
    pub changes: Vec<Change>,
}

impl UnitOfWork {
    /// Returns whether the unit changes nothing.
    pub fn is_empty(&self) -> bool {
        self.changes
            .iter()
            .all(|change| matches!(change, Change::Expect(_)))
    }
}

/// The changes recorded so far.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    tenant: Option<TenantId>,
    /// Whether the unit contains only rows of its tenant.
    is_of_tenant: bool,
    changes: Vec<Change>,
    references: BTreeMap<(TenantId, BlobId), ReferenceShift>,
    quota: BTreeMap<TenantId, QuotaMovement>,
    guards: BTreeMap<(TenantId, GuardedSet), Option<u64>>,
    epochs: BTreeMap<EpochSubject, Timestamp>,
    fault: Option<String>,
}

impl Recorder {
    pub(super) fn for_tenant(tenant: ActiveTenant) -> Self {
        let mut recorder = Self {
            tenant: Some(tenant.id()),
            is_of_tenant: true,
            ..Self::default()
        };
        recorder.push(Change::Expect(Expectation::TenantActive(tenant)));
        recorder
    }

    /// Binds a platform unit to the rows of one tenant.
    pub(super) fn carry(&mut self, tenant: TenantId) {
        match self.tenant {
            None => self.tenant = Some(tenant),
            Some(carried) if carried == tenant => {}
            Some(_) => self.blame("the unit carries rows of two tenants"),
        }
    }

    pub(super) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(super) fn expect(&mut self, expectation: Expectation) {
        self.push(Change::Expect(expectation));
    }

    pub(super) fn shift_references(
        &mut self,
        tenant: TenantId,
        blob: BlobId,
        shift: ReferenceShift,
    ) {
        let unshifted = ReferenceShift { by: 0, ..shift };
        let sum = self.references.entry((tenant, blob)).or_insert(unshifted);
        match sum.by.checked_add(shift.by) {
            Some(by) => *sum = ReferenceShift { by, ..shift },
            None => self.blame("a unit changes too many references to one blob"),
        }
    }

    pub(super) fn move_quota(&mut self, tenant: TenantId, by: QuotaMovement) {
        let movement = self.quota.entry(tenant).or_default();
        movement.used += by.used;
        movement.reserved += by.reserved;
        movement.versions += by.versions;
        let limits = movement.max_versions.into_iter().chain(by.max_versions);
        movement.max_versions = limits.min();
    }

    pub(super) fn raise_guard(&mut self, tenant: TenantId, set: GuardedSet, expected: Option<u64>) {
        let guard = self.guards.entry((tenant, set)).or_default();
        match (*guard, expected) {
            (Some(a), Some(b)) if a != b => self.blame("a guard is expected at two values"),
            (None, Some(_)) => *guard = expected,
            _ => {}
        }
    }

    pub(super) fn raise_epoch(&mut self, subject: EpochSubject, at: Timestamp) {
        self.epochs.insert(subject, at);
    }

    pub(super) fn audit(&mut self, entry: AuditEntry) {
        if entry.tenant_id.is_some() && entry.tenant_id != self.tenant {
            self.blame("an audit entry names another tenant");
        }
        if entry.tag.is_none() {
            self.blame("an audit entry has no tag");
        }
        self.push(Change::Audit(entry));
    }

    /// Returns the signals to publish after the commit.
    pub(super) fn signals(&self) -> Vec<Signal> {
        let is_queued = |change: &Change| match change {
            Change::Row(RowChange::Job(Write::Add(job) | Write::Update(job))) => {
                job.state == JobState::Queued
            }
            _ => false,
        };
        let jobs = self.changes.iter().any(is_queued);
        let jobs = jobs.then_some(Signal::JobsAdded);
        let epochs = self.epochs.keys().copied().map(Signal::EpochRaised);
        jobs.into_iter().chain(epochs).collect()
    }

    fn check<T: Entity>(&mut self, row: &T) {
        let is_foreign = row.tenant() != self.tenant;
        if is_foreign && (row.tenant().is_some() || self.is_of_tenant) {
            self.blame(format!("a {} has another owner than the unit", T::KIND));
        }
    }

    pub(super) fn blame(&mut self, fault: impl Into<String>) {
        self.fault.get_or_insert(fault.into());
    }

    /// Returns the kind of a row that is written and whose references are shifted
    /// as well.
    fn row_with_references(&self) -> Option<Kind> {
        let written = self.changes.iter().filter_map(|change| match change {
            Change::Row(RowChange::Blob(write)) => Some(write.id()),
            _ => None,
        });
        let written: HashSet<BlobId> = written.collect();
        let mut shifted = self.changes.iter().filter_map(|change| match change {
            Change::References(references) => Some(references.blob_id),
            _ => None,
        });
        shifted
            .any(|blob| written.contains(&blob))
            .then_some(Kind::Blob)
    }

    /// Returns the unit in canonical order. An inconsistent unit is a bug: it
    /// yields an internal error and never reaches a store.
    pub(super) fn finish(mut self) -> Result<UnitOfWork, PortError> {
        let references = std::mem::take(&mut self.references).into_iter();
        let references = references.filter(|(_, shift)| shift.by != 0);
        self.changes
            .extend(references.map(|((tenant_id, blob_id), shift)| {
                Change::References(BlobReferences {
                    tenant_id,
                    blob_id,
                    shift,
                })
            }));
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
        let mut pairs = self.changes.windows(2);
        let twice = pairs.find_map(|pair| same_row(&pair[0], &pair[1]));
        if let Some(kind) = twice.or_else(|| self.row_with_references()) {
            self.blame(format!("the same {kind} is changed twice"));
        }
        match self.fault {
            Some(fault) => Err(PortError::new(
                PortErrorKind::Internal,
                format!("invalid unit of work: {fault}"),
            )),
            None => Ok(UnitOfWork {
                tenant: self.tenant,
                changes: self.changes,
            }),
        }
    }
}

fn same_row(a: &Change, b: &Change) -> Option<Kind> {
    match (a, b) {
        (Change::Row(a), Change::Row(b)) if a.is_same_row(b) => Some(a.kind()),
        _ => None,
    }
}

/// Records writes of rows of one kind.
#[derive(Debug)]
pub struct Rows<'w, T> {
    recorder: &'w mut Recorder,
    kind: PhantomData<T>,
}

impl<'w, T: Entity> Rows<'w, T>
where
    RowChange: From<Write<T>>,
{
    pub(super) fn new(recorder: &'w mut Recorder) -> Self {
        Self {
            recorder,
            kind: PhantomData,
        }
    }

    /// Adds a row; refused if its id or one of its unique keys is taken.
    pub fn add(self, row: &T) {
        self.recorder.check(row);
        self.push(Write::Add(row.clone()));
    }

    /// Replaces the row; refused if it was removed or changed since it was read.
    pub fn update(self, row: &T) {
        self.recorder.check(row);
        self.push(Write::Update(row.clone()));
    }

    /// Removes the row; refused if it was removed or changed since it was read.
    pub fn remove(self, row: &T) {
        self.recorder.check(row);
        self.push(Write::Remove(row.id(), row.tenant(), row.revision()));
    }

    fn push(self, write: Write<T>) {
        self.recorder.push(Change::Row(write.into()));
    }
}
