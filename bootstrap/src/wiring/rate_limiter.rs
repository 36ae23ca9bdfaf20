//! Where tries are counted.

use std::{num::NonZeroU32, sync::Arc};

use tenantry_application::ports::{Clock, RateLimiter};
use tenantry_config::Config;
use tenantry_memory::{MemoryRateLimiter, RateLimit, RateLimits};

/// In this process.
pub(super) fn rate_limiter_from_config(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Arc<dyn RateLimiter> {
    let auth = limit(config.limits.auth_per_minute);
    // Wider than that of an address, so that no single one can keep the
    // person out, and narrow enough against many that guess together.
    let account = limit(config.limits.auth_per_minute.saturating_mul(5));
    Arc::new(MemoryRateLimiter::new(RateLimits { auth, account }, clock))
}

fn limit(per_minute: u32) -> Option<RateLimit> {
    let per_minute = NonZeroU32::new(per_minute)?;
    Some(RateLimit {
        per_minute,
        burst: per_minute,
    })
}
