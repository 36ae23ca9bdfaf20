//! A tenant's storage quota: a ledger of used and reserved bytes.

use crate::id::TenantId;

/// A tenant's storage limit and usage. Usage is the sum of the sizes of file
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
}

impl Quota {
    /// Returns the remaining bytes; zero if usage exceeds a lowered limit.
    pub const fn available_bytes(&self) -> u64 {
        self.limit_bytes
            .saturating_sub(self.used_bytes.saturating_add(self.reserved_bytes))
    }

    /// Returns the ledger after `movement`, or `None` if the movement would
    /// exceed the limit. A movement that does not increase the total is allowed
    /// even above the limit.
    pub fn after(&self, movement: QuotaMovement) -> Option<Self> {
        let used = self.used_bytes.checked_add_signed(movement.used)?;
        let reserved = self.reserved_bytes.checked_add_signed(movement.reserved)?;
        if movement.takes() > 0 && used.checked_add(reserved)? > self.limit_bytes {
            return None;
        }
        Some(Self {
            used_bytes: used,
            reserved_bytes: reserved,
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
}

impl QuotaMovement {
    /// Returns the total number of bytes taken; negative if bytes are released.
    pub const fn takes(self) -> i64 {
        self.used.saturating_add(self.reserved)
    }

    /// Returns whether the movement changes nothing.
    pub const fn is_nothing(self) -> bool {
        self.used == 0 && self.reserved == 0
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn quota(limit: u64, used: u64, reserved: u64) -> Quota {
        let tenant_id = TenantId::from_uuid(Uuid::nil());
        Quota {
            tenant_id,
            limit_bytes: limit,
            used_bytes: used,
            reserved_bytes: reserved,
        }
    }

    #[test]
    fn the_limit_is_inclusive() {
        let reserve = |n| QuotaMovement {
            used: 0,
            reserved: n,
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
        };
        assert_eq!(quota(1, 10, 5).after(settle), Some(quota(1, 14, 0)));
        assert_eq!(quota(1, 10, 5).available_bytes(), 0);
    }

    #[test]
    fn usage_never_becomes_negative() {
        assert_eq!(
            quota(10, 1, 0).after(QuotaMovement {
                used: -2,
                reserved: 0
            }),
            None
        );
    }
}
