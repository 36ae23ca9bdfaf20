//! Rate limits shared by all processes.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::{Cmd, cmd};
use tenantry_application::{
    ports::{
        Backoff, Clock, PortError, RateDecision, RateLimiter, RateLimits, RateRule, SealPurpose,
        Seals,
    },
    rates::{Bucket, CounterTable, Failures},
};

use crate::server::RedisServer;

// Scripts, so that a change is atomic and takes one round trip.
const TAKE: &str = include_str!("scripts/take.lua");
const REFUND: &str = include_str!("scripts/refund.lua");
const BEGIN: &str = include_str!("scripts/begin.lua");
const SUCCEED: &str = include_str!("scripts/succeed.lua");

/// The time for which the server keeps a state without a meaning, in
/// milliseconds, because the clocks of processes may differ.
const RETENTION: u64 = 60_000;

/// A counter's key: a keyed hash of the limited key.
type CounterKey = [u8; 16];

/// A rate limiter with its counters in the server or, while that is unreachable,
/// in this process.
///
/// Switching between the two loses no attempt this process knows of: every
/// request sends the cached state to the server, which uses it if it has none, or
/// if this process counted without it. So neither losing the server nor the
/// server losing its data refills a bucket. Keys in the server are keyed hashes
/// and do not identify the limited user or address.
pub struct RedisRateLimiter {
    server: Arc<RedisServer>,
    seals: Arc<dyn Seals>,
    clock: Arc<dyn Clock>,
    limits: RateLimits,
    buckets: CounterTable<(RateRule, CounterKey), i64>,
    failures: CounterTable<CounterKey, Failures>,
}

impl RedisRateLimiter {
    /// Creates a rate limiter that counts on `server` with the time of `clock`.
    pub fn new(
        server: Arc<RedisServer>,
        limits: RateLimits,
        seals: Arc<dyn Seals>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            server,
            seals,
            clock,
            limits,
            buckets: CounterTable::default(),
            failures: CounterTable::default(),
        }
    }

    /// Changes a bucket by a script or, without the server, by the function that
    /// does the same.
    async fn change_bucket(
        &self,
        script: &str,
        rule: RateRule,
        key: &str,
        change: fn(Bucket, i64, i64) -> (bool, i64),
    ) -> RateDecision {
        let Some(limit) = self.limits.of(rule) else {
            return RateDecision::UNLIMITED;
        };
        let (bucket, now, key) = (Bucket::new(limit), self.now(), self.key(key));
        let (cached, is_local) = self.buckets.get(&(rule, key));
        let mut command = self.command(script, rule.as_str(), &key);
        command
            .arg(now)
            .arg(cached)
            .arg(u8::from(is_local))
            .arg(RETENTION)
            .arg(bucket.interval())
            .arg(bucket.window());
        let response = self.server.query("count an attempt", &command).await;
        let (allowed, full_at) = match response {
            Ok((allowed, full_at)) => {
                self.buckets.store((rule, key), full_at, now);
                (allowed, full_at)
            }
            Err(error) => {
                log_local(&error);
                self.buckets.change((rule, key), now, |full_at| {
                    let (allowed, full_at) = change(bucket, full_at, now);
                    (full_at, (allowed, full_at))
                })
            }
        };
        bucket.decision(allowed, full_at, now)
    }

    /// Changes failures by a script or, without the server, by the function that
    /// does the same.
    async fn change_failures(
        &self,
        script: &str,
        key: &str,
        change: fn(Backoff, Failures, i64) -> (Failures, Option<Duration>),
    ) -> Option<Duration> {
        let backoff = self.limits.backoff?;
        let (now, key) = (self.now(), self.key(key));
        let (cached, is_local) = self.failures.get(&key);
        let mut command = self.command(script, "failures", &key);
        command
            .arg(now)
            .arg(cached.count)
            .arg(cached.last)
            .arg(u8::from(is_local))
            .arg(RETENTION)
            .arg(backoff.free)
            .arg(backoff.max_count())
            .arg(Backoff::LONGEST_MICROS)
            .arg(backoff.first_micros());
        let response = self.server.query("count a failure", &command).await;
        match response {
            Ok((wait, count, last)) => {
                let wait: u64 = wait;
                self.failures.store(key, Failures { count, last }, now);
                (wait > 0).then(|| Duration::from_micros(wait))
            }
            Err(error) => {
                log_local(&error);
                self.failures
                    .change(key, now, |failures| change(backoff, failures, now))
            }
        }
    }

    fn command(&self, script: &str, kind: &str, key: &CounterKey) -> Cmd {
        let name = format!("rate:{kind}:{:032x}", u128::from_be_bytes(*key));
        let mut command = cmd("EVAL");
        command.arg(script).arg(1).arg(self.server.name(&name));
        command
    }

    fn key(&self, key: &str) -> CounterKey {
        let hash = self.seals.seal(SealPurpose::RateKey, key.as_bytes());
        let mut half = CounterKey::default();
        half.copy_from_slice(&hash[..16]);
        half
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millis().saturating_mul(1000)
    }
}

fn log_local(error: &PortError) {
    tracing::debug!(%error, "cannot count an attempt in Redis; counted in this process");
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn check(&self, rule: RateRule, key: &str) -> Result<RateDecision, PortError> {
        Ok(self.change_bucket(TAKE, rule, key, Bucket::take).await)
    }

    async fn refund(&self, rule: RateRule, key: &str) -> Result<RateDecision, PortError> {
        let refund = |bucket: Bucket, full_at, now| (true, bucket.refund(full_at, now));
        Ok(self.change_bucket(REFUND, rule, key, refund).await)
    }

    async fn begin(&self, key: &str) -> Result<Option<Duration>, PortError> {
        Ok(self.change_failures(BEGIN, key, Backoff::begin).await)
    }

    async fn succeed(&self, key: &str) -> Result<(), PortError> {
        let refund = |_, failures: Failures, _| (failures.refund(), None);
        self.change_failures(SUCCEED, key, refund).await;
        Ok(())
    }
}
