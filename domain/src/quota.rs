//! A tenant's storage quota: a ledger of reserved and used bytes.

use crate::id::TenantId;

/// What a tenant may store and does. All counts are bytes of file versions as
/// their owners see them; sharing equal content saves disk, not quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The most that used and reserved bytes may be together.
    pub limit_bytes: u64,
    /// Bytes of stored versions.
    pub used_bytes: u64,
    /// Bytes held for uploads under way.
    pub reserved_bytes: u64,
}

impl Quota {
    /// What is left; zero when the limit was lowered below what is there.
    pub const fn available_bytes(&self) -> u64 {
        self.limit_bytes
            .saturating_sub(self.used_bytes.saturating_add(self.reserved_bytes))
    }

    /// The ledger after a movement, or `None` where it would take more than
    /// is left. A movement that takes nothing more is never refused.
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

/// A movement of the ledger: what one unit of work adds and takes, summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuotaMovement {
    /// Change of the used bytes.
    pub used: i64,
    /// Change of the reserved bytes.
    pub reserved: i64,
}

impl QuotaMovement {
    /// How much less is left afterwards; negative when more is.
    pub const fn takes(self) -> i64 {
        self.used.saturating_add(self.reserved)
    }

    /// Whether nothing moves.
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
    fn the_last_byte_fits_and_the_next_does_not() {
        let reserve = |n| QuotaMovement {
            used: 0,
            reserved: n,
        };
        assert_eq!(quota(10, 3, 2).after(reserve(5)), Some(quota(10, 3, 7)));
        assert_eq!(quota(10, 3, 2).after(reserve(6)), None);
        assert_eq!(quota(u64::MAX, u64::MAX, 0).after(reserve(1)), None);
    }

    #[test]
    fn giving_back_is_allowed_over_a_lowered_limit() {
        let settle = QuotaMovement {
            used: 4,
            reserved: -5,
        };
        assert_eq!(quota(1, 10, 5).after(settle), Some(quota(1, 14, 0)));
        assert_eq!(quota(1, 10, 5).available_bytes(), 0);
    }

    #[test]
    fn nothing_goes_below_zero() {
        assert_eq!(
            quota(10, 1, 0).after(QuotaMovement {
                used: -2,
                reserved: 0
            }),
            None
        );
    }
}
