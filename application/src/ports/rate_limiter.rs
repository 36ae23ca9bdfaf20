//! Rate limits.

use std::{num::NonZeroU32, time::Duration};

use async_trait::async_trait;

use super::PortError;

/// Counts attempts. Idle keys are evicted, so that memory is bounded by the
/// keys in use.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one attempt by `key` under `rule` and decides whether it is
    /// allowed.
    async fn check(&self, rule: RateRule, key: &str) -> Result<RateDecision, PortError>;
}

/// The rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateRule {
    /// Calls of operations that take a password or a token, by address.
    Auth,
    /// Sign-ins, by account.
    Account,
    /// Examinations of storage backends, by administrator.
    Examination,
}

/// The limit of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// The sustained number of attempts per minute.
    pub per_minute: NonZeroU32,
    /// The number of attempts in a row after an idle time.
    pub burst: NonZeroU32,
}

/// The limits of all rules; `None` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimits {
    /// The limit of [`RateRule::Auth`].
    pub auth: Option<RateLimit>,
    /// The limit of [`RateRule::Account`].
    pub account: Option<RateLimit>,
    /// The limit of [`RateRule::Examination`].
    pub examination: Option<RateLimit>,
}

/// The decision on an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateDecision {
    /// Whether the attempt is allowed.
    pub allowed: bool,
    /// The number of attempts that the rule allows in a row.
    pub limit: u32,
    /// The number of attempts left.
    pub remaining: u32,
    /// The time until the next attempt is allowed or the limit is fully
    /// restored.
    pub reset_after: Duration,
}

impl RateDecision {
    /// The decision if there is no limit.
    pub const UNLIMITED: Self = Self {
        allowed: true,
        limit: u32::MAX,
        remaining: u32::MAX,
        reset_after: Duration::ZERO,
    };
}
