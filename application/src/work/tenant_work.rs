//! The unit of work of one tenant.

use tenantry_domain::{
    Timestamp,
    audit::AuditEntry,
    blob::{Blob, ReferenceShift},
    epoch::EpochSubject,
    file::File,
    id::BlobId,
    idempotency::IdempotencyRecord,
    job::Job,
    project::Project,
    quota::QuotaMovement,
    tenant::ActiveTenant,
    version::FileVersion,
};

use super::{AuditSeal, Change, Expectation, Rows, Signal, UnitOfWork, recorder::Recorder};
use crate::port_error::PortError;

/// Changes of one tenant's rows, started from its handle. It always expects the
/// tenant to be active. Dropping it changes nothing.
#[derive(Debug)]
pub struct TenantWork {
    tenant: ActiveTenant,
    recorder: Recorder,
}

impl TenantWork {
    /// Creates an empty unit.
    pub fn new(tenant: ActiveTenant) -> Self {
        Self {
            tenant,
            recorder: Recorder::for_tenant(tenant),
        }
    }

    /// Returns the tenant.
    pub fn tenant(&self) -> ActiveTenant {
        self.tenant
    }

    /// Records writes of files.
    pub fn files(&mut self) -> Rows<'_, File> {
        Rows::new(&mut self.recorder)
    }

    /// Records writes of versions.
    pub fn versions(&mut self) -> Rows<'_, FileVersion> {
        Rows::new(&mut self.recorder)
    }

    /// Records writes of blob records.
    pub fn blobs(&mut self) -> Rows<'_, Blob> {
        Rows::new(&mut self.recorder)
    }

    /// Records shifts of the references to stored blobs.
    pub fn references(&mut self) -> ReferenceShifts<'_> {
        ReferenceShifts {
            tenant: self.tenant,
            recorder: &mut self.recorder,
        }
    }

    /// Records writes of projects.
    pub fn projects(&mut self) -> Rows<'_, Project> {
        Rows::new(&mut self.recorder)
    }

    /// Records quota movements.
    pub fn quota(&mut self) -> QuotaMoves<'_> {
        QuotaMoves {
            tenant: self.tenant,
            recorder: &mut self.recorder,
        }
    }

    /// Records writes of jobs of this tenant.
    pub fn jobs(&mut self) -> Rows<'_, Job> {
        Rows::new(&mut self.recorder)
    }

    /// Records writes of idempotency records of this tenant.
    pub fn idempotency(&mut self) -> Rows<'_, IdempotencyRecord> {
        Rows::new(&mut self.recorder)
    }

    /// Adds an entry to the tenant's audit chain.
    pub fn audit(&mut self, entry: AuditEntry) {
        if entry.tenant_id.is_none() {
            self.recorder.blame("an audit entry names no tenant");
        }
        self.recorder.audit(entry);
    }

    /// Seals the next entries of the tenant's chain.
    pub fn seal_audit(&mut self, seal: AuditSeal) {
        if seal.tenant_id != Some(self.tenant.id()) {
            self.recorder.blame("a seal names another chain");
        }
        self.recorder.push(Change::AuditSeal(seal));
    }

    /// Refuses the unit as stale if the epoch has changed.
    pub fn expect_epoch(&mut self, subject: EpochSubject, epoch: u64) {
        self.recorder.expect(Expectation::Epoch(subject, epoch));
    }

    /// Returns the signals to publish after the commit.
    pub fn signals(&self) -> Vec<Signal> {
        self.recorder.signals()
    }

    /// Returns the unit for a store.
    pub fn finish(self) -> Result<UnitOfWork, PortError> {
        self.recorder.finish()
    }
}

/// Records shifts of the references to stored blobs. The shifts of one blob in a
/// unit are summed and applied as one.
#[derive(Debug)]
pub struct ReferenceShifts<'w> {
    tenant: ActiveTenant,
    recorder: &'w mut Recorder,
}

impl ReferenceShifts<'_> {
    /// Adds a reference; refused as missing or stale if the blob is gone, being
    /// deleted or corrupt.
    pub fn add(self, blob: BlobId, now: Timestamp) {
        self.shift(blob, 1, now);
    }

    /// Removes a reference; refused as missing or stale if the blob is gone or
    /// has no reference.
    pub fn remove(self, blob: BlobId, now: Timestamp) {
        self.shift(blob, -1, now);
    }

    fn shift(self, blob: BlobId, by: i32, at: Timestamp) {
        let tenant = self.tenant.id();
        self.recorder
            .shift_references(tenant, blob, ReferenceShift { by, at });
    }
}

/// Records quota movements. The movements of a unit are summed and applied as
/// one.
#[derive(Debug)]
pub struct QuotaMoves<'w> {
    tenant: ActiveTenant,
    recorder: &'w mut Recorder,
}

impl QuotaMoves<'_> {
    /// Reserves bytes for an upload; refused if they are not available.
    pub fn reserve(self, bytes: u64) {
        self.shift(0, signed(bytes));
    }

    /// Releases reserved bytes.
    pub fn release_reserved(self, bytes: u64) {
        self.shift(0, -signed(bytes));
    }

    /// Turns reserved bytes into used bytes and releases the rest; refused if
    /// more are used than were reserved and are available.
    pub fn settle(self, reserved: u64, used: u64) {
        self.shift(signed(used), -signed(reserved));
    }

    /// Releases used bytes.
    pub fn release(self, bytes: u64) {
        self.shift(-signed(bytes), 0);
    }

    /// Refuses the unit if the tenant has `max` versions.
    pub fn expect_room_for_version(self, max: u64) {
        self.shift_by(QuotaMovement {
            max_versions: Some(max.saturating_sub(1)),
            ..QuotaMovement::default()
        });
    }

    /// Counts a version; refused if the tenant has `max` versions.
    pub fn add_version(self, max: u64) {
        self.shift_by(QuotaMovement {
            versions: 1,
            max_versions: Some(max),
            ..QuotaMovement::default()
        });
    }

    /// Releases a version with the bytes that it uses.
    pub fn remove_version(self, used: u64) {
        self.shift_by(QuotaMovement {
            used: -signed(used),
            versions: -1,
            ..QuotaMovement::default()
        });
    }

    /// Corrects the number of versions after a recount.
    pub fn correct_versions(self, recorded: u64, counted: u64) {
        self.shift_by(QuotaMovement {
            versions: signed(counted) - signed(recorded),
            ..QuotaMovement::default()
        });
    }

    /// Corrects the quota after a recount: (used, reserved) as recorded, and as
    /// counted.
    pub fn correct(self, recorded: (u64, u64), counted: (u64, u64)) {
        let used = signed(counted.0) - signed(recorded.0);
        let reserved = signed(counted.1) - signed(recorded.1);
        self.shift(used, reserved);
    }

    fn shift(self, used: i64, reserved: i64) {
        self.shift_by(QuotaMovement {
            used,
            reserved,
            ..QuotaMovement::default()
        });
    }

    fn shift_by(self, movement: QuotaMovement) {
        self.recorder.move_quota(self.tenant.id(), movement);
    }
}

/// Converts a size; sizes above 8 EiB exceed any quota.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX / 4)
}
