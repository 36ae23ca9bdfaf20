//! The in-memory adapters.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use tenantry_memory::MemoryStore;
use tenantry_tests::conformance::metadata::World;

fn store() -> Ready<World> {
    ready(World::new(Arc::new(MemoryStore::new()), ()))
}

tenantry_tests::metadata_suite!(store);

mod access_cache {
    use std::{
        future::{Ready, ready},
        sync::Arc,
    };

    use tenantry_memory::MemoryAccessCache;
    use tenantry_tests::conformance::access_cache::CacheWorld;

    fn cache() -> Ready<CacheWorld> {
        ready(CacheWorld::new(Arc::new(MemoryAccessCache::new(1000))))
    }

    tenantry_tests::access_cache_suite!(cache);
}

mod rate_limiter {
    use std::{
        future::{Ready, ready},
        num::NonZeroU32,
        sync::Arc,
        time::Duration,
    };

    use async_trait::async_trait;
    use tenantry_application::ports::{Clock, RateLimit, RateLimiter, RateLimits};
    use tenantry_memory::{MemoryRateLimiter, testing::ManualClock};
    use tenantry_tests::conformance::{
        rate_limiter::{BACKOFF, BURST, LimiterWorld, RateFixture},
        samples::NOW,
    };

    struct Limiter {
        clock: Arc<ManualClock>,
        limiter: MemoryRateLimiter,
    }

    #[async_trait]
    impl RateFixture for Limiter {
        fn limiter(&self) -> &dyn RateLimiter {
            &self.limiter
        }

        async fn pass(&self, time: Duration) {
            self.clock.advance(time);
        }

        async fn set_back(&self, time: Duration) {
            self.clock.set(self.clock.now().minus(time));
        }
    }

    fn limiter() -> Ready<LimiterWorld> {
        let limit = Some(RateLimit {
            per_minute: NonZeroU32::MIN.saturating_add(59),
            burst: NonZeroU32::MIN.saturating_add(BURST - 1),
        });
        let limits = RateLimits {
            auth: limit,
            registration: limit,
            refresh: limit,
            examination: limit,
            backoff: Some(BACKOFF),
        };
        let clock = Arc::new(ManualClock::new(NOW));
        let shared: Arc<dyn Clock> = clock.clone();
        let limiter = MemoryRateLimiter::new(limits, &shared);
        ready(LimiterWorld::new(Limiter { clock, limiter }))
    }

    tenantry_tests::rate_limiter_suite!(limiter);
}

mod signals {
    use std::{
        future::{Ready, ready},
        sync::Arc,
    };

    use tenantry_application::ports::Signals;
    use tenantry_memory::MemorySignals;
    use tenantry_tests::conformance::signals::SignalWorld;

    /// Returns two signal adapters of one process, and one of another.
    fn processes() -> Ready<SignalWorld> {
        let one: Arc<dyn Signals> = Arc::<MemorySignals>::default();
        let stranger = Arc::<MemorySignals>::default();
        ready(SignalWorld::new(Arc::clone(&one), one, stranger, ()))
    }

    tenantry_tests::signals_suite!(processes);
}
