//! Rate limits.

use std::{num::NonZeroU32, time::Duration};

use async_trait::async_trait;

use super::PortError;

/// Counts attempts and failures. Idle keys are evicted, so that memory is
/// bounded by the keys in use.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one attempt by `key` under `rule` and decides whether it is
    /// allowed.
    async fn check(&self, rule: RateRule, key: &str) -> Result<RateDecision, PortError>;

    /// Gives back one attempt that [`check`](Self::check) allowed, and returns
    /// the state of the limit. A full limit stays unchanged.
    async fn refund(&self, rule: RateRule, key: &str) -> Result<RateDecision, PortError>;

    /// Counts one failure by `key` before the outcome of its attempt is known,
    /// so that concurrent attempts are counted exactly. If the delay after the
    /// previous failures has not passed, it counts nothing and returns the rest
    /// of the delay, at most [`Backoff::LONGEST`].
    async fn begin(&self, key: &str) -> Result<Option<Duration>, PortError>;

    /// Removes one failure by `key`, whose attempt succeeded. Without failures
    /// it changes nothing.
    async fn succeed(&self, key: &str) -> Result<(), PortError>;
}

/// The rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateRule {
    /// Failed sign-ins and refreshes, by client network.
    Auth,
    /// Registrations, by client network.
    Registration,
    /// Refreshes, by session.
    Refresh,
    /// Examinations of storage backends, by administrator.
    Examination,
}

impl RateRule {
    /// Every rule.
    pub const ALL: [Self; 4] = [
        Self::Auth,
        Self::Registration,
        Self::Refresh,
        Self::Examination,
    ];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Registration => "registration",
            Self::Refresh => "refresh",
            Self::Examination => "examination",
        }
    }
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
    /// The limit of [`RateRule::Registration`].
    pub registration: Option<RateLimit>,
    /// The limit of [`RateRule::Refresh`].
    pub refresh: Option<RateLimit>,
    /// The limit of [`RateRule::Examination`].
    pub examination: Option<RateLimit>,
    /// The delay after failures.
    pub backoff: Option<Backoff>,
}

impl RateLimits {
    /// Returns the limit of a rule.
    pub const fn of(&self, rule: RateRule) -> Option<RateLimit> {
        match rule {
            RateRule::Auth => self.auth,
            RateRule::Registration => self.registration,
            RateRule::Refresh => self.refresh,
            RateRule::Examination => self.examination,
        }
    }
}

/// The growing delay: none after the first failures, then twice as long after
/// each further one, up to [`Backoff::LONGEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The number of failures without a delay.
    pub free: u32,
    /// The first delay: at least one second.
    pub first: Duration,
}

impl Backoff {
    /// The longest delay.
    pub const LONGEST: Duration = Duration::from_mins(15);
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
