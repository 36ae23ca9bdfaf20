//! Tenants and their life.

use crate::{
    Refused, Revision, Timestamp,
    id::TenantId,
    name::{Subdomain, TenantName},
};

/// A company, a team, an organization: the wall around its data.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenant {
    /// Its id; never changes and never names anything else.
    pub id: TenantId,
    /// Unique without regard to case.
    pub name: TenantName,
    /// Unique.
    pub subdomain: Subdomain,
    /// Where it is in its life.
    pub status: TenantStatus,
    /// How its data is kept apart.
    pub isolation: Isolation,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its name, subdomain or status last changed.
    pub updated_at: Timestamp,
    /// Guard: rises with every change of a membership.
    pub members_version: u64,
    /// Guard: rises with every change of a role.
    pub roles_version: u64,
    /// How often the row was written.
    pub revision: Revision,
}

/// Where a tenant is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    /// Its store is being made.
    Provisioning,
    /// In use.
    Active,
    /// Closed for a while; nothing is lost.
    Suspended,
    /// On the way out; nothing brings it back.
    Deleting,
}

impl TenantStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [
        Self::Provisioning,
        Self::Active,
        Self::Suspended,
        Self::Deleting,
    ];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleting => "deleting",
        }
    }

    /// The status of a name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// How a tenant's data is kept apart from others'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// In the same tables, by a tenant column that no query can leave out.
    Rows,
}

impl Isolation {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        "rows"
    }
}

impl Tenant {
    /// Opens the tenant for use, for the first time or again.
    pub fn activate(&mut self, now: Timestamp) -> Result<(), Refused> {
        self.step(
            &[TenantStatus::Provisioning, TenantStatus::Suspended],
            TenantStatus::Active,
            now,
        )
    }

    /// Closes it for a while.
    pub fn suspend(&mut self, now: Timestamp) -> Result<(), Refused> {
        self.step(&[TenantStatus::Active], TenantStatus::Suspended, now)
    }

    /// Begins its end.
    pub fn begin_deleting(&mut self, now: Timestamp) -> Result<(), Refused> {
        let from = [
            TenantStatus::Provisioning,
            TenantStatus::Active,
            TenantStatus::Suspended,
        ];
        self.step(&from, TenantStatus::Deleting, now)
    }

    fn step(
        &mut self,
        from: &[TenantStatus],
        to: TenantStatus,
        now: Timestamp,
    ) -> Result<(), Refused> {
        if !from.contains(&self.status) {
            return Err(Refused {
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

/// The witness that a tenant was seen active: what opens a handle on its data.
/// Every commit through that handle expects that it still is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActiveTenant(TenantId);

impl ActiveTenant {
    /// The witness, for a tenant that is active.
    pub fn of(id: TenantId, status: TenantStatus) -> Option<Self> {
        (status == TenantStatus::Active).then_some(Self(id))
    }

    /// Which tenant.
    pub const fn id(self) -> TenantId {
        self.0
    }
}
