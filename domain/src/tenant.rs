//! Tenants and their lifecycle.

use crate::{
    InvalidTransition, Revision, Timestamp,
    id::TenantId,
    media_type::ContentTypes,
    name::{Subdomain, TenantName},
};

/// A company, team or organization whose data is isolated from all others.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenant {
    /// The tenant's id, which never changes and is never reused.
    pub id: TenantId,
    /// The name, unique, ignoring case.
    pub name: TenantName,
    /// The subdomain, unique.
    pub subdomain: Subdomain,
    /// The lifecycle state.
    pub status: TenantStatus,
    /// The isolation strategy of the tenant's data.
    pub isolation: Isolation,
    /// The rule for content that differs from its declared type.
    pub content_types: ContentTypes,
    /// The creation time.
    pub created_at: Timestamp,
    /// The time at which the name, subdomain, status or settings last changed.
    pub updated_at: Timestamp,
    /// Guard: incremented by every change of a membership.
    pub members_version: u64,
    /// Guard: incremented by every change of a role.
    pub roles_version: u64,
    /// The row's revision.
    pub revision: Revision,
}

/// The lifecycle state of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    /// Being set up.
    Provisioning,
    /// In use.
    Active,
    /// Temporarily closed; no data is lost.
    Suspended,
    /// Being deleted; cannot be restored.
    Deleting,
}

impl TenantStatus {
    /// All statuses.
    pub const ALL: [Self; 4] = [
        Self::Provisioning,
        Self::Active,
        Self::Suspended,
        Self::Deleting,
    ];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleting => "deleting",
        }
    }

    /// Returns the status with this name, if it exists.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// The isolation strategy of a tenant's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Shared tables with a tenant column that every query filters by.
    Rows,
}

impl Isolation {
    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        "rows"
    }
}

impl Tenant {
    /// Activates or reactivates the tenant.
    pub fn activate(&mut self, now: Timestamp) -> Result<(), InvalidTransition> {
        self.step(
            &[TenantStatus::Provisioning, TenantStatus::Suspended],
            TenantStatus::Active,
            now,
        )
    }

    /// Suspends the tenant.
    pub fn suspend(&mut self, now: Timestamp) -> Result<(), InvalidTransition> {
        self.step(&[TenantStatus::Active], TenantStatus::Suspended, now)
    }

    /// Marks the tenant for deletion.
    pub fn begin_deleting(&mut self, now: Timestamp) -> Result<(), InvalidTransition> {
        let from = [
            TenantStatus::Provisioning,
            TenantStatus::Active,
            TenantStatus::Suspended,
        ];
        self.step(&from, TenantStatus::Deleting, now)
    }

    /// Sets the rule for content that differs from its declared type.
    pub fn set_content_types(&mut self, rule: ContentTypes, now: Timestamp) {
        self.content_types = rule;
        self.updated_at = now;
    }

    fn step(
        &mut self,
        from: &[TenantStatus],
        to: TenantStatus,
        now: Timestamp,
    ) -> Result<(), InvalidTransition> {
        if !from.contains(&self.status) {
            return Err(InvalidTransition {
                entity: "tenant",
                from: self.status.as_str(),
                to: to.as_str(),
            });
        }
        self.status = to;
        self.updated_at = now;
        Ok(())
    }
}

/// Proof that a tenant was active when it was read; required to open its store.
/// Every commit through that store checks that the tenant is still active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActiveTenant(TenantId);

impl ActiveTenant {
    /// Returns the proof if `status` is active.
    pub fn of(id: TenantId, status: TenantStatus) -> Option<Self> {
        (status == TenantStatus::Active).then_some(Self(id))
    }

    /// Returns the tenant's id.
    pub const fn id(self) -> TenantId {
        self.0
    }
}
