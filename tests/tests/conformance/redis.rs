//! Rate limits and signals shared through Redis, and their behaviour without
//! it.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use redis::cmd;
use tenantry_application::ports::{
    Clock, RateDecision, RateLimit, RateLimiter, RateLimits, RateRule, Signals,
};
use tenantry_crypto::{RootSecret, SecretSeals, UuidV7Ids};
use tenantry_memory::testing::ManualClock;
use tenantry_redis::{RedisOptions, RedisRateLimiter, RedisServer, RedisSignals};
use tenantry_tests::{
    conformance::{
        rate_limiter::{BACKOFF, BURST, LimiterWorld, RateFixture},
        samples::NOW,
        signals::{SignalWorld, until_received},
    },
    harness::until,
    services::{Fault, Redis, RedisPlace},
};
use tokio::time::{Duration, Instant};

async fn server(place: &RedisPlace) -> Arc<RedisServer> {
    let options = RedisOptions {
        url: place.url.clone(),
        namespace: place.namespace.clone(),
    };
    let server = RedisServer::connect(&options, Arc::new(UuidV7Ids)).await;
    Arc::new(server.expect("connected"))
}

/// The rate limiter of one process.
struct Limiter {
    clock: Arc<ManualClock>,
    limiter: RedisRateLimiter,
}

impl Limiter {
    async fn at(place: &RedisPlace) -> Self {
        Self::with(place, Arc::new(ManualClock::new(NOW))).await
    }

    async fn with(place: &RedisPlace, clock: Arc<ManualClock>) -> Self {
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
        let shared: Arc<dyn Clock> = clock.clone();
        let seals = Arc::new(SecretSeals::new(&RootSecret::new(b"a secret of all")));
        let limiter = RedisRateLimiter::new(server(place).await, limits, seals, shared);
        Self { clock, limiter }
    }

    async fn attempt(&self, key: &str) -> RateDecision {
        let decision = self.limiter.check(RateRule::Auth, key).await;
        decision.expect("a decision")
    }

    async fn exhaust(&self, key: &str) -> u32 {
        let mut allowed = 0;
        while self.attempt(key).await.allowed {
            allowed += 1;
        }
        allowed
    }
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

/// Processes that take turns. Separate counts would allow too many attempts.
struct Fleet {
    processes: Vec<Limiter>,
    turn: AtomicUsize,
}

#[async_trait]
impl RateFixture for Fleet {
    fn limiter(&self) -> &dyn RateLimiter {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.processes[turn % self.processes.len()].limiter
    }

    async fn pass(&self, time: Duration) {
        self.processes[0].clock.advance(time);
    }

    async fn set_back(&self, time: Duration) {
        self.processes[0].set_back(time).await;
    }
}

mod rate_limiter {
    use super::{Arc, AtomicUsize, Fleet, Limiter, LimiterWorld, ManualClock, NOW, Redis};

    async fn limiter() -> LimiterWorld {
        let place = Redis::shared().await.fresh();
        let clock = Arc::new(ManualClock::new(NOW));
        let mut processes = Vec::new();
        for _ in 0..3 {
            processes.push(Limiter::with(&place, Arc::clone(&clock)).await);
        }
        let turn = AtomicUsize::new(0);
        LimiterWorld::new(Fleet { processes, turn })
    }

    tenantry_tests::rate_limiter_suite!(limiter);
}

/// The same suite while the server is down.
mod rate_limiter_alone {
    use super::{Limiter, LimiterWorld, nowhere};

    async fn limiter() -> LimiterWorld {
        LimiterWorld::new(Limiter::at(&nowhere()).await)
    }

    tenantry_tests::rate_limiter_suite!(limiter);
}

mod signals {
    use super::{
        Arc, Redis, RedisPlace, RedisSignals, SignalWorld, UuidV7Ids, server, until_received,
    };

    async fn at(place: &RedisPlace) -> Arc<RedisSignals> {
        Arc::new(RedisSignals::new(server(place).await, &UuidV7Ids))
    }

    async fn signals() -> SignalWorld {
        let redis = Redis::shared().await;
        let (place, elsewhere) = (redis.fresh(), redis.fresh());
        let (one, other, stranger) = (at(&place).await, at(&place).await, at(&elsewhere).await);
        until_received(one.as_ref(), other.as_ref()).await;
        until_received(other.as_ref(), one.as_ref()).await;
        SignalWorld::new(one, other, stranger, ())
    }

    tenantry_tests::signals_suite!(signals);
}

/// Returns an address without a server.
fn nowhere() -> RedisPlace {
    // The discard port, on which no server listens.
    RedisPlace {
        url: "redis://127.0.0.1:9/0".to_owned(),
        namespace: "nowhere".to_owned(),
    }
}

#[tokio::test]
async fn processes_share_limits() {
    let place = Redis::shared().await.fresh();
    let (one, other) = (Limiter::at(&place).await, Limiter::at(&place).await);
    assert_eq!(other.attempt("ann").await.remaining, BURST - 1);
    assert_eq!(one.exhaust("ann").await, BURST - 1);
    assert!(!other.attempt("ann").await.allowed);
    other.pass(Duration::from_secs(1)).await;
    assert_eq!(other.exhaust("ann").await, 1);
}

#[tokio::test]
async fn installations_have_separate_limits() {
    let redis = Redis::shared().await;
    let (one, other) = (
        Limiter::at(&redis.fresh()).await,
        Limiter::at(&redis.fresh()).await,
    );
    assert_eq!(one.exhaust("ann").await, BURST);
    assert_eq!(other.exhaust("ann").await, BURST);
}

#[tokio::test]
async fn keys_are_pseudonymous_on_the_server() {
    let redis = Redis::own().await;
    let place = redis.fresh();
    let limiter = Limiter::at(&place).await;
    limiter.exhaust("ann@example.com").await;
    limiter.exhaust("192.0.2.7").await;
    let dump = redis.dump().await;
    assert_eq!(dump.matches(":rate:auth:").count(), 2, "{dump}");
    assert!(!dump.contains("ann") && !dump.contains("192.0.2"), "{dump}");
    for line in dump.lines() {
        assert!(line.starts_with(&place.namespace), "{line}");
    }
}

/// Denies attempts that were denied before the server went down, both while it
/// is down and once it is back without data.
#[tokio::test]
async fn an_outage_replenishes_no_limit() {
    let mut redis = Redis::own().await;
    let limiter = Limiter::at(&redis.fresh()).await;
    assert_eq!(limiter.exhaust("ann").await, BURST);
    redis.kill().await;
    assert!(!limiter.attempt("ann").await.allowed);
    // A new key has the same limit.
    assert_eq!(limiter.exhaust("bob").await, BURST);

    redis.start().await;
    until("the server is used again", async || {
        limiter.attempt("somebody").await;
        redis.dump().await.contains(":rate:auth:").then_some(())
    })
    .await;
    assert!(!limiter.attempt("ann").await.allowed);
    assert!(!limiter.attempt("bob").await.allowed);
    limiter.pass(Duration::from_secs(1)).await;
    assert_eq!(limiter.exhaust("ann").await, 1);
}

/// The maximum time to recover once the server is back.
const RECOVERY: Duration = Duration::from_secs(5);

/// The maximum duration of an attempt: 200 ms, and an allowance for a busy
/// machine.
const BOUND: Duration = Duration::from_secs(1);

/// Expects a server that does not respond to delay only the first attempts.
async fn expect_quick_denials(limiter: &Limiter) {
    let start = Instant::now();
    for _ in 0..1000 {
        assert!(!limiter.attempt("ann").await.allowed);
    }
    assert!(start.elapsed() < 2 * BOUND, "{:?}", start.elapsed());
}

async fn expect_shared_limits(one: &Limiter, other: &Limiter) {
    let start = Instant::now();
    until("the limits are shared", async || {
        let key = format!("{:?}", start.elapsed());
        let left = one.attempt(&key).await.remaining;
        (other.attempt(&key).await.remaining < left).then_some(())
    })
    .await;
    assert!(start.elapsed() < RECOVERY, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_hanging_server_delays_no_attempt() {
    let redis = Redis::own().await;
    let place = redis.fresh();
    let limiter = Limiter::at(&place).await;
    assert_eq!(limiter.exhaust("ann").await, BURST);
    let frozen = redis.freeze().await;
    expect_quick_denials(&limiter).await;
    // A start does not wait for the server either.
    let start = Instant::now();
    let other = Limiter::at(&place).await;
    assert!(start.elapsed() < 2 * BOUND);
    assert_eq!(other.exhaust("ann").await, BURST);
    drop(frozen);
    expect_shared_limits(&limiter, &other).await;
}

#[tokio::test]
async fn a_slow_or_flapping_server_delays_no_attempt() {
    let redis = Redis::own().await;
    let place = redis.fresh();
    let (proxy, slow) = redis.behind_proxy(&place).await;
    let (limiter, other) = (Limiter::at(&slow).await, Limiter::at(&place).await);
    assert_eq!(limiter.exhaust("ann").await, BURST);
    proxy.set(Fault::Slow(Duration::from_secs(2)));
    expect_quick_denials(&limiter).await;
    proxy.set(Fault::None);
    expect_shared_limits(&limiter, &other).await;

    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        let is_slow = (start.elapsed().as_millis() / 300).is_multiple_of(2);
        proxy.set(Fault::Slow(Duration::from_secs(2 * u64::from(is_slow))));
        let attempt = Instant::now();
        assert!(!limiter.attempt("ann").await.allowed);
        assert!(attempt.elapsed() < BOUND);
    }
    proxy.set(Fault::None);
    expect_shared_limits(&limiter, &other).await;
}

#[tokio::test]
async fn signals_recover_with_the_server() {
    let mut redis = Redis::own().await;
    let place = redis.fresh();
    let signals = async || Arc::new(RedisSignals::new(server(&place).await, &UuidV7Ids));
    let (one, other) = (signals().await, signals().await);
    until_received(one.as_ref(), other.as_ref()).await;
    one.probe().await.expect("healthy");
    redis.kill().await;
    assert!(one.probe().await.is_err());
    redis.start().await;
    let start = Instant::now();
    until_received(one.as_ref(), other.as_ref()).await;
    assert!(start.elapsed() < RECOVERY);
    one.probe().await.expect("healthy");
}

#[tokio::test]
async fn malformed_and_unknown_messages_are_ignored() {
    let redis = Redis::own().await;
    let place = redis.fresh();
    let signals = async || Arc::new(RedisSignals::new(server(&place).await, &UuidV7Ids));
    let (one, other) = (signals().await, signals().await);
    until_received(one.as_ref(), other.as_ref()).await;
    let channel = format!("{}:signals", place.namespace);
    for message in [&b""[..], b"\xff\xfe\n\x00", b"x\nuser 7\nmoon full\n{}"] {
        let mut publish = cmd("PUBLISH");
        redis.run(publish.arg(&channel).arg(message)).await;
    }
    until_received(one.as_ref(), other.as_ref()).await;
}

#[tokio::test]
async fn a_rejected_start_reports_no_secret() {
    let redis = Redis::own().await;
    let permissions = ["~*", "&*", "+@all"];
    for (name, permissions) in [
        ("ann", &permissions[..]),
        ("bob", &[&permissions[..], &["-eval"]].concat()),
    ] {
        let mut add = cmd("ACL");
        add.arg(&["SETUSER", name, "on", ">hunter2"])
            .arg(permissions);
        redis.run(&add).await;
    }
    let place = redis.fresh();
    let (_, address) = place.url.split_once("//").expect("a URL");
    let connect = async |url: String| {
        let options = RedisOptions {
            url,
            namespace: "t".to_owned(),
        };
        assert!(!format!("{options:?}").contains("hunter2"));
        RedisServer::connect(&options, Arc::new(UuidV7Ids)).await
    };
    let connected = connect(format!("redis://ann:hunter2@{address}")).await;
    connected.expect("connected");
    for url in [
        // A wrong password, a user without scripts, a missing database, no address.
        format!("redis://ann:hunter23@{address}"),
        format!("redis://bob:hunter2@{address}"),
        format!("redis://ann:hunter2@{address}4711"),
        "redis://:hunter2@".to_owned(),
    ] {
        let error = connect(url.clone()).await.err().expect("an error");
        assert!(!error.is_retryable(), "{url}: {error:?}");
        let shown = format!("{error} {error:?}");
        let is_secret = shown.contains("hunter2");
        assert!(shown.contains("URL") && !is_secret, "{shown}");
    }
}
