//! The unit of work of one tenant.

use tenantry_domain::{
    audit::AuditEntry, blob::Blob, file::File, idempotency::IdempotencyRecord, job::Job,
    tenant::ActiveTenant, version::FileVersion,
};

use super::{AuditSeal, Change, Expectation, Rows, UnitOfWork, recorder::Recorder};
use crate::ports::{EpochSubject, PortError, Signal};

/// Changes of one tenant's data, begun by its handle. Always expects that the
/// tenant is active. Dropping it leaves nothing.
#[derive(Debug)]
pub struct TenantWork {
    tenant: ActiveTenant,
    recorder: Recorder,
}

impl TenantWork {
    /// An empty unit.
    pub fn new(tenant: ActiveTenant) -> Self {
        Self {
            tenant,
            recorder: Recorder::for_tenant(tenant),
        }
    }

    /// The tenant it is for.
    pub fn tenant(&self) -> ActiveTenant {
        self.tenant
    }

    /// Files.
    pub fn files(&mut self) -> Rows<'_, File> {
        Rows::new(&mut self.recorder, Change::File)
    }

    /// Versions.
    pub fn versions(&mut self) -> Rows<'_, FileVersion> {
        Rows::new(&mut self.recorder, Change::Version)
    }

    /// Blob records.
    pub fn blobs(&mut self) -> Rows<'_, Blob> {
        Rows::new(&mut self.recorder, Change::Blob)
    }

    /// The storage quota.
    pub fn quota(&mut self) -> QuotaMoves<'_> {
        QuotaMoves {
            tenant: self.tenant,
            recorder: &mut self.recorder,
        }
    }

    /// Jobs of this tenant.
    pub fn jobs(&mut self) -> Rows<'_, Job> {
        Rows::new(&mut self.recorder, Change::Job)
    }

    /// Requests of this tenant that came with an idempotency key.
    pub fn idempotency(&mut self) -> Rows<'_, IdempotencyRecord> {
        Rows::new(&mut self.recorder, Change::Idempotency)
    }

    /// Adds an entry to the tenant's audit chain.
    pub fn audit(&mut self, entry: AuditEntry) {
        if entry.tenant_id.is_none() {
            self.recorder
                .blame("an audit entry of a tenant does not name it");
        }
        self.recorder.audit(entry);
    }

    /// Seals the next entries of the tenant's chain.
    pub fn seal_audit(&mut self, seal: AuditSeal) {
        if seal.tenant_id != Some(self.tenant.id()) {
            self.recorder.blame("a seal is for another chain");
        }
        self.recorder.push(Change::AuditSeal(seal));
    }

    /// Refuses the unit as stale when what somebody may do has changed.
    pub fn expect_epoch(&mut self, subject: EpochSubject, epoch: u64) {
        self.recorder.expect(Expectation::Epoch(subject, epoch));
    }

    /// What other processes may want to hear of once the unit is committed.
    pub fn signals(&self) -> Vec<Signal> {
        self.recorder.signals()
    }

    /// What a store takes.
    pub fn finish(self) -> Result<UnitOfWork, PortError> {
        self.recorder.finish()
    }
}

/// The verbs for the quota. What a unit moves is summed and applied as one
/// movement.
#[derive(Debug)]
pub struct QuotaMoves<'w> {
    tenant: ActiveTenant,
    recorder: &'w mut Recorder,
}

impl QuotaMoves<'_> {
    /// Holds bytes for an upload; refused when they are not left.
    pub fn reserve(self, bytes: u64) {
        self.shift(0, signed(bytes));
    }

    /// Gives bytes back that were held.
    pub fn release_reserved(self, bytes: u64) {
        self.shift(0, -signed(bytes));
    }

    /// Turns bytes that were held into used ones, and gives back the rest;
    /// refused when more are used than were held and are left.
    pub fn settle(self, reserved: u64, used: u64) {
        self.shift(signed(used), -signed(reserved));
    }

    /// Gives back used bytes.
    pub fn release(self, bytes: u64) {
        self.shift(-signed(bytes), 0);
    }

    /// Sets the ledger right after counting anew: (used, reserved) as recorded,
    /// and as counted.
    pub fn correct(self, recorded: (u64, u64), counted: (u64, u64)) {
        let used = signed(counted.0) - signed(recorded.0);
        let reserved = signed(counted.1) - signed(recorded.1);
        self.shift(used, reserved);
    }

    fn shift(self, used: i64, reserved: i64) {
        self.recorder.move_quota(self.tenant.id(), used, reserved);
    }
}

/// Sizes above 8 EiB do not occur; one that did would be refused by any quota.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX / 4)
}
