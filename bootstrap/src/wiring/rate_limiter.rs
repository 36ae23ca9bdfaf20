//! The rate limiter.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use tenantry_application::ports::{Backoff, Clock, RateLimit, RateLimiter, RateLimits, Seals};
use tenantry_config::Config;
use tenantry_memory::MemoryRateLimiter;
#[cfg(feature = "cache-redis")]
use tenantry_redis::RedisRateLimiter;

use super::cache::Cache;

/// Returns a rate limiter that counts on the shared server, or in this process.
#[cfg_attr(
    not(feature = "cache-redis"),
    expect(unused_variables, reason = "used by servers")
)]
pub(super) fn rate_limiter_from_config(
    config: &Config,
    cache: &Cache,
    seals: &Arc<dyn Seals>,
    clock: &Arc<dyn Clock>,
) -> Arc<dyn RateLimiter> {
    let auth = limit(config.limits.auth_per_minute);
    let limits = RateLimits {
        auth,
        registration: auth,
        refresh: auth,
        examination: limit(config.limits.doctor_per_minute),
        backoff: Some(Backoff {
            free: config.limits.free_failures,
            first: Duration::from_secs(config.limits.failure_delay_seconds),
        }),
    };
    match cache {
        Cache::Memory => Arc::new(MemoryRateLimiter::new(limits, clock)),
        #[cfg(feature = "cache-redis")]
        Cache::Redis(server) => {
            let (server, seals) = (Arc::clone(server), Arc::clone(seals));
            Arc::new(RedisRateLimiter::new(
                server,
                limits,
                seals,
                Arc::clone(clock),
            ))
        }
    }
}

fn limit(per_minute: u32) -> Option<RateLimit> {
    let per_minute = NonZeroU32::new(per_minute)?;
    Some(RateLimit {
        per_minute,
        burst: per_minute,
    })
}
