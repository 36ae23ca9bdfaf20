//! Rate limits shared by all processes.

use std::sync::Arc;

use async_trait::async_trait;
use redis::cmd;
use tenantry_application::ports::{
    Clock, PortError, RateDecision, RateLimit, RateLimiter, RateLimits, RateRule, SealPurpose,
    Seals,
};

use crate::{
    bucket::Bucket,
    bucket_cache::{BucketCache, BucketKey},
    server::RedisServer,
};

/// A script, so that an attempt is atomic and takes one round trip.
const TAKE: &str = include_str!("take.lua");

/// The time for which the server keeps a full bucket, in milliseconds, because
/// the clocks of processes may differ.
const RETENTION: u64 = 60_000;

/// A rate limiter with its buckets in the server or, while that is unreachable,
/// in this process.
///
/// Switching between the two loses no attempt this process knows of: every
/// attempt sends the cached state to the server. So neither losing the server
/// nor the server losing its data refills a bucket. Keys in the server are
/// keyed hashes and do not identify the limited user or address.
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
    cache: BucketCache,
}

impl RedisRateLimiter {
    /// Creates a rate limiter that counts on `server` with the time of `clock`.
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
                cache: BucketCache::default(),
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

    async fn take(&self, rule: &Rule, key: &BucketKey, now: i64) -> Result<(bool, i64), PortError> {
        let name = format!("rate:{}:{:032x}", rule.name, u128::from_be_bytes(*key));
        let mut take = cmd("EVAL");
        take.arg(TAKE)
            .arg(1)
            .arg(self.server.name(&name))
            .arg(now)
            .arg(rule.bucket.interval())
            .arg(rule.bucket.window())
            .arg(rule.cache.full_at(key))
            .arg(RETENTION);
        self.server.query("count an attempt", &take).await
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
        let (allowed, full_at) = match self.take(rule, &key, now).await {
            Ok((allowed, full_at)) => {
                rule.cache.update(rule.bucket, key, full_at, now);
                (allowed, full_at)
            }
            Err(error) => {
                tracing::debug!(%error, "cannot count an attempt in Redis; counted in this process");
                rule.cache.take(rule.bucket, key, now)
            }
        };
        Ok(rule.bucket.decision(allowed, full_at, now))
    }
}

fn first_half(hash: [u8; 32]) -> BucketKey {
    let mut key = BucketKey::default();
    key.copy_from_slice(&hash[..16]);
    key
}
