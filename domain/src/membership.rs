//! The tie between a person and a tenant.

use crate::{
    Refused, Revision, Timestamp,
    id::{RoleId, TenantId, UserId},
};

/// A person's place in a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Membership {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The person.
    pub user_id: UserId,
    /// The roles held there.
    pub role_ids: Vec<RoleId>,
    /// Whether it opens the tenant.
    pub status: MembershipStatus,
    /// When it began.
    pub created_at: Timestamp,
    /// How often the row was written.
    pub revision: Revision,
}

/// Whether a membership opens its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipStatus {
    /// It does.
    Active,
    /// Not yet: the invitation waits for its answer.
    Invited,
    /// No longer, until an administrator says otherwise.
    Deactivated,
}

impl MembershipStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Invited, Self::Deactivated];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Invited => "invited",
            Self::Deactivated => "deactivated",
        }
    }

    /// The status of a name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

impl Membership {
    /// The person accepts, or an administrator lets them in again.
    pub fn activate(&mut self) -> Result<(), Refused> {
        self.step(
            &[MembershipStatus::Invited, MembershipStatus::Deactivated],
            MembershipStatus::Active,
        )
    }

    /// Closes the tenant to the person.
    pub fn deactivate(&mut self) -> Result<(), Refused> {
        self.step(
            &[MembershipStatus::Active, MembershipStatus::Invited],
            MembershipStatus::Deactivated,
        )
    }

    fn step(&mut self, from: &[MembershipStatus], to: MembershipStatus) -> Result<(), Refused> {
        if !from.contains(&self.status) {
            return Err(Refused {
                entity: "membership",
                from: self.status.as_str(),
                to: to.as_str(),
            });
        }
        self.status = to;
        Ok(())
    }
}
