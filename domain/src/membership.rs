//! The membership of a user in a tenant.

use crate::{
    InvalidTransition, Revision, Timestamp,
    id::{RoleId, TenantId, UserId},
};

/// A user's membership in a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Membership {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The user.
    pub user_id: UserId,
    /// The roles assigned in the tenant.
    pub role_ids: Vec<RoleId>,
    /// The status.
    pub status: MembershipStatus,
    /// The creation time.
    pub created_at: Timestamp,
    /// The row's revision.
    pub revision: Revision,
}

/// The status of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipStatus {
    /// Gives access to the tenant.
    Active,
    /// Invited, but not yet accepted.
    Invited,
    /// Gives no access until reactivated.
    Deactivated,
}

impl MembershipStatus {
    /// All statuses.
    pub const ALL: [Self; 3] = [Self::Active, Self::Invited, Self::Deactivated];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Invited => "invited",
            Self::Deactivated => "deactivated",
        }
    }

    /// Returns the status with this name, if it exists.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

impl Membership {
    /// Accepts an invitation, or reactivates a membership.
    pub fn activate(&mut self) -> Result<(), InvalidTransition> {
        self.step(
            &[MembershipStatus::Invited, MembershipStatus::Deactivated],
            MembershipStatus::Active,
        )
    }

    /// Deactivates the membership.
    pub fn deactivate(&mut self) -> Result<(), InvalidTransition> {
        self.step(
            &[MembershipStatus::Active, MembershipStatus::Invited],
            MembershipStatus::Deactivated,
        )
    }

    fn step(
        &mut self,
        from: &[MembershipStatus],
        to: MembershipStatus,
    ) -> Result<(), InvalidTransition> {
        if !from.contains(&self.status) {
            return Err(InvalidTransition {
                entity: "membership",
                from: self.status.as_str(),
                to: to.as_str(),
            });
        }
        self.status = to;
        Ok(())
    }
}
