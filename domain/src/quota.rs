//! A tenant's storage quota: a ledger of used and reserved bytes, and the number
//! of versions.

use crate::id::TenantId;

/// The minimum charge of a version in bytes, which covers its rows and its object.
pub const MIN_CHARGE_BYTES: u64 = 4096;

/// Returns the charge of a version with `size_bytes` of content.
pub const fn charge(size_bytes: u64) -> u64 {
    if size_bytes < MIN_CHARGE_BYTES {
        MIN_CHARGE_BYTES
    } else {
        size_bytes
    }
}

/// A tenant's storage limit and usage. Usage is the sum of the charges of file
/// versions; deduplicated content saves disk space, not quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The maximum of used plus reserved bytes.
    pub limit_bytes: u64,
    /// Bytes of stored versions.
    pub used_bytes: u64,
    /// Bytes reserved for uploads in progress.
    pub reserved_bytes: u64,
    /// The number of versions, failed ones included.
    pub versions: u64,
}

impl Quota {
    /// Creates a ledger with nothing used.
    pub const fn new(tenant_id: TenantId, limit_bytes: u64) -> Self {
        Self {
            tenant_id,
            limit_bytes,
            used_bytes: 0,
            reserved_bytes: 0,
            versions: 0,
        }
    }

    /// Returns the remaining bytes; zero if usage exceeds a lowered limit.
    pub const fn available_bytes(&self) -> u64 {
        self.limit_bytes
            .saturating_sub(self.used_bytes.saturating_add(self.reserved_bytes))
    }

    /// Returns the ledger after `movement`, or `None` if the movement would
    /// exceed a limit. A movement that does not increase the total is allowed
    /// even above the limit. The number of versions does not fall below zero:
    /// programs before this one did not count them.
    pub fn after(&self, movement: QuotaMovement) -> Option<Self> {
        let used = self.used_bytes.checked_add_signed(movement.used)?;
        let reserved = self.reserved_bytes.checked_add_signed(movement.reserved)?;
        if movement.takes() > 0 && used.checked_add(reserved)? > self.limit_bytes {
            return None;
        }
        let versions = self.versions.saturating_add_signed(movement.versions);
        if movement.max_versions.is_some_and(|max| versions > max) {
            return None;
        }
        Some(Self {
            used_bytes: used,
            reserved_bytes: reserved,
            versions,
            ..*self
        })
    }
}

/// A change of the ledger: the sum of all changes in one unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuotaMovement {
    /// The change in used bytes.
    pub used: i64,
    /// The change in reserved bytes.
    pub reserved: i64,
    /// The change in the number of versions.
    pub versions: i64,
    /// The maximum number of versions afterwards; `None` for any number.
    pub max_versions: Option<u64>,
}

impl QuotaMovement {
    /// Returns the total number of bytes taken; negative if bytes are released.
    pub const fn takes(self) -> i64 {
        self.used.saturating_add(self.reserved)
    }

    /// Returns whether the movement changes nothing.
    pub const fn is_nothing(self) -> bool {
        self.used == 0 && self.reserved == 0 && self.versions == 0 && self.max_versions.is_none()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn quota(limit: u64, used: u64, reserved: u64) -> Quota {
        let tenant_id = TenantId::from_uuid(Uuid::nil());
        Quota {
            used_bytes: used,
            reserved_bytes: reserved,
            ..Quota::new(tenant_id, limit)
        }
    }

    #[test]
    fn the_limit_is_inclusive() {
        let reserve = |n| QuotaMovement {
            reserved: n,
            ..QuotaMovement::default()
        };
        assert_eq!(quota(10, 3, 2).after(reserve(5)), Some(quota(10, 3, 7)));
        assert_eq!(quota(10, 3, 2).after(reserve(6)), None);
        assert_eq!(quota(u64::MAX, u64::MAX, 0).after(reserve(1)), None);
    }

    #[test]
    fn releasing_is_allowed_above_a_lowered_limit() {
        let settle = QuotaMovement {
            used: 4,
            reserved: -5,
            ..QuotaMovement::default()
        };
        assert_eq!(quota(1, 10, 5).after(settle), Some(quota(1, 14, 0)));
        assert_eq!(quota(1, 10, 5).available_bytes(), 0);
    }

    #[test]
    fn usage_never_becomes_negative() {
        assert_eq!(
            quota(10, 1, 0).after(QuotaMovement {
                used: -2,
                ..QuotaMovement::default()
            }),
            None
        );
    }

    #[test]
    fn versions_are_limited_and_never_negative() {
        let add = |versions, max| QuotaMovement {
            versions,
            max_versions: max,
            ..QuotaMovement::default()
        };
        let two = Quota {
            versions: 2,
            ..quota(10, 0, 0)
        };
        assert_eq!(two.after(add(1, Some(2))), None);
        assert_eq!(two.after(add(0, Some(1))), None);
        let after = |movement| two.after(movement).map(|quota| quota.versions);
        assert_eq!(after(add(1, Some(3))), Some(3));
        assert_eq!(after(add(0, Some(2))), Some(2));
        assert_eq!(after(add(-3, None)), Some(0));
    }

    #[test]
    fn small_versions_have_a_minimum_charge() {
        assert_eq!([0, 4095, 4096, 4097].map(charge), [4096, 4096, 4096, 4097]);
    }
}
