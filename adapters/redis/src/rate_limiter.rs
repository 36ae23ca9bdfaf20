//! Limits on how often something may be tried, counted by all processes
//! together.

use std::sync::Arc;

use async_trait::async_trait;
use redis::cmd;
use tenantry_application::ports::{
    Clock, PortError, RateDecision, RateLimit, RateLimiter, RateLimits, RateRule, SealPurpose,
    Seals,
};

use crate::{
    bucket::Bucket,
    seen::{Key, Seen},
    server::RedisServer,
};

/// One step in the server, one round trip.
const TAKE: &str = include_str!("take.lua");

/// For how long the server keeps a bucket that is whole, in milliseconds: the
/// clocks of processes may be apart.
const KEEP: u64 = 60_000;

/// Buckets in the server; while it is away, the same in this process.
///
/// A try that this process has seen, counted by either, is never forgotten
/// when the other takes over: the server is told with every try what is known
/// here. So neither losing it nor its losing its memory makes a bucket whole.
/// What stands in the server says nothing about who tried.
pub struct RedisRateLimiter {
    server: Arc<RedisServer>,
    seals: Arc<dyn Seals>,
    clock: Arc<dyn Clock>,
    auth: Option<Rule>,
    account: Option<Rule>,
    examination: Option<Rule>,
}

struct Rule {
    name: &'static str,
    bucket: Bucket,
    seen: Seen,
}

impl RedisRateLimiter {
    /// Counts on `server`, by the time of `clock`.
    pub fn new(
        server: Arc<RedisServer>,
        limits: RateLimits,
        seals: Arc<dyn Seals>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let rule = |name, limit: Option<RateLimit>| {
            limit.map(|limit| Rule {
                name,
                bucket: Bucket::new(limit),
                seen: Seen::default(),
            })
        };
        Self {
            server,
            seals,
            clock,
            auth: rule("auth", limits.auth),
            account: rule("account", limits.account),
            examination: rule("examination", limits.examination),
        }
    }

    async fn take(&self, rule: &Rule, key: &Key, now: i64) -> Result<(bool, i64), PortError> {
        let name = format!("rate:{}:{:032x}", rule.name, u128::from_be_bytes(*key));
        let mut take = cmd("EVAL");
        take.arg(TAKE)
            .arg(1)
            .arg(self.server.name(&name))
            .arg(now)
            .arg(rule.bucket.interval())
            .arg(rule.bucket.window())
            .arg(rule.seen.whole_at(key))
            .arg(KEEP);
        self.server.ask("count a try", &take).await
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn check(&self, rule: RateRule, key: &str) -> Result<RateDecision, PortError> {
        let rule = match rule {
            RateRule::Auth => &self.auth,
            RateRule::Account => &self.account,
            RateRule::Examination => &self.examination,
        };
        let Some(rule) = rule else {
            return Ok(RateDecision::UNLIMITED);
        };
        let now = self.clock.now().as_millis().saturating_mul(1000);
        let key = first_half(self.seals.seal(SealPurpose::RateKey, key.as_bytes()));
        let (allowed, whole_at) = match self.take(rule, &key, now).await {
            Ok((allowed, whole_at)) => {
                rule.seen.learn(rule.bucket, key, whole_at, now);
                (allowed, whole_at)
            }
            Err(error) => {
                tracing::debug!(%error, "counted in this process");
                rule.seen.take(rule.bucket, key, now)
            }
        };
        Ok(rule.bucket.decision(allowed, whole_at, now))
    }
}

fn first_half(hash: [u8; 32]) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(&hash[..16]);
    key
}
