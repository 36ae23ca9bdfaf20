//! Limits on how often something may be tried.

use std::{num::NonZeroU32, time::Duration};

use async_trait::async_trait;

use super::PortError;

/// Counts tries. A key that stays quiet is forgotten in time, so that memory
/// is bounded by what is busy.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one try of `key` under `rule` and says whether it may go on.
    async fn check(&self, rule: RateRule, key: &str) -> Result<RateDecision, PortError>;
}

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateRule {
    /// Calls of the operations that take a password or a token, by address.
    Auth,
    /// Sign-ins, by account.
    Account,
    /// Examinations of storage backends, by tenant.
    Examination,
}

/// How much one rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Tries a minute, in the long run.
    pub per_minute: NonZeroU32,
    /// Tries in a row after a quiet time.
    pub burst: NonZeroU32,
}

/// How much each rule allows; `None`: as much as anyone likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimits {
    /// Of [`RateRule::Auth`].
    pub auth: Option<RateLimit>,
    /// Of [`RateRule::Account`].
    pub account: Option<RateLimit>,
    /// Of [`RateRule::Examination`].
    pub examination: Option<RateLimit>,
}

/// The answer to a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateDecision {
    /// Whether it may go on.
    pub allowed: bool,
    /// How many tries the rule allows in a row.
    pub limit: u32,
    /// How many are left now.
    pub remaining: u32,
    /// When the next try is allowed, or the limit is whole again.
    pub reset_after: Duration,
}

impl RateDecision {
    /// The answer where nothing is limited.
    pub const UNLIMITED: Self = Self {
        allowed: true,
        limit: u32::MAX,
        remaining: u32::MAX,
        reset_after: Duration::ZERO,
    };
}
