//! What is shared through Redis, and what holds without it.

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
        rate_limiter::{BURST, LimiterWorld, RateFixture},
        samples::NOW,
        signals::{SignalWorld, until_heard},
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
    Arc::new(server.expect("no refusal"))
}

/// One process that counts.
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
            account: limit,
            examination: limit,
        };
        let shared: Arc<dyn Clock> = clock.clone();
        let seals = Arc::new(SecretSeals::new(&RootSecret::new(b"a secret of all")));
        let limiter = RedisRateLimiter::new(server(place).await, limits, seals, shared);
        Self { clock, limiter }
    }

    async fn attempt(&self, key: &str) -> RateDecision {
        let decision = self.limiter.check(RateRule::Auth, key).await;
        decision.expect("it always answers")
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
}

/// Processes that take turns: what each of them counted by itself would be too
/// much.
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

/// The same while the server is away.
mod rate_limiter_alone {
    use super::{Limiter, LimiterWorld, nowhere};

    async fn limiter() -> LimiterWorld {
        LimiterWorld::new(Limiter::at(&nowhere()).await)
    }

    tenantry_tests::rate_limiter_suite!(limiter);
}

mod signals {
    use super::{
        Arc, Redis, RedisPlace, RedisSignals, SignalWorld, UuidV7Ids, server, until_heard,
    };

    async fn at(place: &RedisPlace) -> Arc<RedisSignals> {
        Arc::new(RedisSignals::new(server(place).await, &UuidV7Ids))
    }

    async fn signals() -> SignalWorld {
        let redis = Redis::shared().await;
        let (place, elsewhere) = (redis.fresh(), redis.fresh());
        let (one, other, stranger) = (at(&place).await, at(&place).await, at(&elsewhere).await);
        until_heard(one.as_ref(), other.as_ref()).await;
        until_heard(other.as_ref(), one.as_ref()).await;
        SignalWorld::new(one, other, stranger, ())
    }

    tenantry_tests::signals_suite!(signals);
}

/// A place where no server is.
fn nowhere() -> RedisPlace {
    // The discard port, which nobody serves.
    RedisPlace {
        url: "redis://127.0.0.1:9/0".to_owned(),
        namespace: "nowhere".to_owned(),
    }
}

#[tokio::test]
async fn processes_count_together() {
    let place = Redis::shared().await.fresh();
    let (one, other) = (Limiter::at(&place).await, Limiter::at(&place).await);
    assert_eq!(other.attempt("ann").await.remaining, BURST - 1);
    assert_eq!(one.exhaust("ann").await, BURST - 1);
    assert!(!other.attempt("ann").await.allowed);
    other.pass(Duration::from_secs(1)).await;
    assert_eq!(other.exhaust("ann").await, 1);
}

#[tokio::test]
async fn installations_count_apart() {
    let redis = Redis::shared().await;
    let (one, other) = (
        Limiter::at(&redis.fresh()).await,
        Limiter::at(&redis.fresh()).await,
    );
    assert_eq!(one.exhaust("ann").await, BURST);
    assert_eq!(other.exhaust("ann").await, BURST);
}

#[tokio::test]
async fn the_server_does_not_learn_who_tries() {
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

/// Whoever was refused before the server went is refused after, and once it is
/// back with an empty memory too.
#[tokio::test]
async fn losing_the_server_makes_no_bucket_whole() {
    let mut redis = Redis::own().await;
    let limiter = Limiter::at(&redis.fresh()).await;
    assert_eq!(limiter.exhaust("ann").await, BURST);
    redis.kill().await;
    assert!(!limiter.attempt("ann").await.allowed);
    // Somebody new has what the shared limit gives, and no more.
    assert_eq!(limiter.exhaust("bob").await, BURST);

    redis.start().await;
    until("the server is asked again", async || {
        limiter.attempt("somebody").await;
        redis.dump().await.contains(":rate:auth:").then_some(())
    })
    .await;
    assert!(!limiter.attempt("ann").await.allowed);
    assert!(!limiter.attempt("bob").await.allowed);
    limiter.pass(Duration::from_secs(1)).await;
    assert_eq!(limiter.exhaust("ann").await, 1);
}

/// Within which everything is as before once the server is back.
const RECOVERY: Duration = Duration::from_secs(5);

/// What a try may take at most, 200 ms, and some for a busy machine.
const BOUND: Duration = Duration::from_secs(1);

/// A server that does not answer costs a few tries a moment, and then none.
async fn expect_quick_refusals(limiter: &Limiter) {
    let begun = Instant::now();
    for _ in 0..1000 {
        assert!(!limiter.attempt("ann").await.allowed);
    }
    assert!(begun.elapsed() < 2 * BOUND, "{:?}", begun.elapsed());
}

async fn expect_counted_together(one: &Limiter, other: &Limiter) {
    let begun = Instant::now();
    until("both are counted together", async || {
        let key = format!("{:?}", begun.elapsed());
        let left = one.attempt(&key).await.remaining;
        (other.attempt(&key).await.remaining < left).then_some(())
    })
    .await;
    assert!(begun.elapsed() < RECOVERY, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn nobody_waits_long_for_a_server_that_hangs() {
    let redis = Redis::own().await;
    let place = redis.fresh();
    let limiter = Limiter::at(&place).await;
    assert_eq!(limiter.exhaust("ann").await, BURST);
    let frozen = redis.freeze().await;
    expect_quick_refusals(&limiter).await;
    // A start does not wait for it either.
    let begun = Instant::now();
    let other = Limiter::at(&place).await;
    assert!(begun.elapsed() < 2 * BOUND);
    assert_eq!(other.exhaust("ann").await, BURST);
    drop(frozen);
    expect_counted_together(&limiter, &other).await;
}

#[tokio::test]
async fn nobody_waits_long_for_a_server_that_is_slow_or_wavers() {
    let redis = Redis::own().await;
    let place = redis.fresh();
    let (way, slow) = redis.behind_proxy(&place).await;
    let (limiter, other) = (Limiter::at(&slow).await, Limiter::at(&place).await);
    assert_eq!(limiter.exhaust("ann").await, BURST);
    way.set(Fault::Slow(Duration::from_secs(2)));
    expect_quick_refusals(&limiter).await;
    way.set(Fault::None);
    expect_counted_together(&limiter, &other).await;

    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        let is_slow = (begun.elapsed().as_millis() / 300).is_multiple_of(2);
        way.set(Fault::Slow(Duration::from_secs(2 * u64::from(is_slow))));
        let asked = Instant::now();
        assert!(!limiter.attempt("ann").await.allowed);
        assert!(asked.elapsed() < BOUND);
    }
    way.set(Fault::None);
    expect_counted_together(&limiter, &other).await;
}

#[tokio::test]
async fn signals_come_back_with_the_server() {
    let mut redis = Redis::own().await;
    let place = redis.fresh();
    let signals = async || Arc::new(RedisSignals::new(server(&place).await, &UuidV7Ids));
    let (one, other) = (signals().await, signals().await);
    until_heard(one.as_ref(), other.as_ref()).await;
    one.probe().await.expect("a sign of life");
    redis.kill().await;
    assert!(one.probe().await.is_err());
    redis.start().await;
    let begun = Instant::now();
    until_heard(one.as_ref(), other.as_ref()).await;
    assert!(begun.elapsed() < RECOVERY);
    one.probe().await.expect("a sign of life");
}

/// Messages of newer versions, and nonsense, are passed over.
#[tokio::test]
async fn strange_messages_are_passed_over() {
    let redis = Redis::own().await;
    let place = redis.fresh();
    let signals = async || Arc::new(RedisSignals::new(server(&place).await, &UuidV7Ids));
    let (one, other) = (signals().await, signals().await);
    until_heard(one.as_ref(), other.as_ref()).await;
    let channel = format!("{}:signals", place.namespace);
    for message in [&b""[..], b"\xff\xfe\n\x00", b"x\nuser 7\nmoon full\n{}"] {
        let mut publish = cmd("PUBLISH");
        redis.run(publish.arg(&channel).arg(message)).await;
    }
    until_heard(one.as_ref(), other.as_ref()).await;
}

#[tokio::test]
async fn what_a_server_refuses_ends_the_start_without_a_secret() {
    let redis = Redis::own().await;
    let rights = ["~*", "&*", "+@all"];
    for (name, rights) in [
        ("ann", &rights[..]),
        ("bob", &[&rights[..], &["-eval"]].concat()),
    ] {
        let mut add = cmd("ACL");
        add.arg(&["SETUSER", name, "on", ">hunter2"]).arg(rights);
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
    let welcome = connect(format!("redis://ann:hunter2@{address}")).await;
    welcome.expect("no refusal");
    for url in [
        // A wrong password, one who may run no scripts, no such database, no address.
        format!("redis://ann:hunter23@{address}"),
        format!("redis://bob:hunter2@{address}"),
        format!("redis://ann:hunter2@{address}4711"),
        "redis://:hunter2@".to_owned(),
    ] {
        let refused = connect(url.clone()).await.err().expect("a refusal");
        assert!(!refused.is_retryable(), "{url}: {refused:?}");
        let shown = format!("{refused} {refused:?}");
        let is_secret = shown.contains("hunter2");
        assert!(shown.contains("URL") && !is_secret, "{shown}");
    }
}
