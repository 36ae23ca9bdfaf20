//! The rate limiter.

use std::{num::NonZeroU32, sync::Arc};

use tenantry_application::ports::{Clock, RateLimit, RateLimiter, RateLimits, Seals};
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
    // Above the limit of an address, so that one client cannot lock the user
    // out, but low enough to stop distributed guessing.
    let account = limit(config.limits.auth_per_minute.saturating_mul(5));
    let examination = limit(config.limits.doctor_per_minute);
    let limits = RateLimits {
        auth,
        account,
        examination,
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
