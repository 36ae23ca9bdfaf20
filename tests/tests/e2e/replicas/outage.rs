//! Outages of the Redis server under load.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tenantry_tests::{
    harness::{Actor, TestService, command, until},
    services::{Postgres, Redis},
};
use tokio::{task::JoinSet, time::Instant};

use super::{Replicas, attempt};

/// The maximum time to recover after the server is back.
const RECOVERY: Duration = Duration::from_secs(5);

/// The program, built for tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

async fn checks(service: &TestService, path: &str) -> (u16, Value) {
    let response = service.anonymous().get(path).await;
    (response.status.as_u16(), response.json())
}

/// Asserts that the service reports the outage and keeps serving.
async fn expect_degraded(service: &TestService) {
    until("the outage of the cache is reported", async || {
        let (status, health) = checks(service, "/health/cache").await;
        (status == 503 && health["status"] == "unhealthy").then_some(())
    })
    .await;
    let (status, health) = checks(service, "/health").await;
    assert_eq!((status, &health["status"]), (200, &"degraded".into()));
    assert_eq!(health["checks"]["cache"]["status"], "unhealthy");
    assert_eq!(checks(service, "/health/ready").await.0, 200);
}

async fn expect_recovered(service: &TestService) {
    let started = Instant::now();
    until("the cache has recovered", async || {
        let (status, health) = checks(service, "/health").await;
        (status == 200 && health["status"] == "healthy").then_some(())
    })
    .await;
    assert!(started.elapsed() < RECOVERY, "{:?}", started.elapsed());
}

/// Responses to clients under load.
#[derive(Default)]
struct Observations {
    responses: AtomicU64,
    /// Attempts that were allowed although their address is exhausted.
    allowed: AtomicU64,
    failures: Mutex<Vec<String>>,
}

impl Observations {
    fn record(&self, what: &str, status: u16) {
        self.responses.fetch_add(1, Ordering::Relaxed);
        if status >= 500 {
            let mut failures = self.failures.lock().expect("an intact lock");
            failures.push(format!("{what}: {status}"));
        }
    }
}

/// Sends reads, sign-ins and guesses to both services until the set is dropped.
fn work(replicas: &Arc<Replicas>, alice: &Actor, observed: &Arc<Observations>) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    for number in 0..4_u32 {
        let (replicas, observed, alice) =
            (Arc::clone(replicas), Arc::clone(observed), alice.clone());
        clients.spawn(async move {
            for round in number.. {
                let service = replicas.each()[(round % 2) as usize];
                let me = alice.at(service.base()).get("/api/v1/auth/me").await;
                observed.record("me", me.status.as_u16());
                let address = format!("192.0.2.{}", 10 + round % 200);
                let tried = attempt(service, &address).await;
                observed.record("refresh", tried.status.as_u16());
                let guessed = attempt(service, "192.0.2.1").await;
                observed.record("guess", guessed.status.as_u16());
                if guessed.status != 429 {
                    observed.allowed.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    clients
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_do_not_notice_an_outage() {
    let mut redis = Redis::own().await;
    let ten = [("TENANTRY_LIMITS__AUTH_PER_MINUTE", "10")];
    let replicas = Arc::new(Replicas::with(&redis, &ten, &ten).await);
    let alice = replicas.one.company("acme").await;
    let started = Instant::now();
    for service in replicas.each() {
        while attempt(service, "192.0.2.1").await.status != 429 {}
    }

    let observed = Arc::<Observations>::default();
    let clients = work(&replicas, &alice, &observed);
    for _ in 0..2 {
        redis.kill().await;
        for service in replicas.each() {
            expect_degraded(service).await;
        }
        redis.start().await;
        for service in replicas.each() {
            expect_recovered(service).await;
        }
    }
    let frozen = redis.freeze().await;
    for service in replicas.each() {
        expect_degraded(service).await;
    }
    drop(frozen);
    for service in replicas.each() {
        expect_recovered(service).await;
    }
    drop(clients);

    let failures = observed.failures.lock().expect("an intact lock");
    assert!(failures.is_empty(), "{failures:?}");
    assert!(observed.responses.load(Ordering::Relaxed) > 100);
    // Each process alone regains one attempt in six seconds.
    let back = 2 * (started.elapsed().as_secs() / 6 + 1);
    let allowed = observed.allowed.load(Ordering::Relaxed);
    assert!(allowed <= back, "{allowed} guesses, at most {back}");
}

#[tokio::test]
async fn a_service_starts_without_redis() {
    let mut redis = Redis::own().await;
    redis.kill().await;
    let replicas = Replicas::with(&redis, &[], &[]).await;
    replicas.one.company("acme").await;
    expect_degraded(&replicas.one).await;
    redis.start().await;
    for service in replicas.each() {
        expect_recovered(service).await;
    }
}

/// Checks that a wrong password is a permanent error.
#[tokio::test]
async fn a_wrong_password_ends_the_start_with_one_line() {
    let redis = Redis::own().await;
    let database = Postgres::shared().await.fresh().await;
    let url = redis.fresh().url.replace("//", "//ann:hunter2@");
    let folder = tempfile::tempdir().expect("a folder");
    let settings = [
        ("TENANTRY_DATABASE__URL", database.as_str()),
        ("TENANTRY_CACHE__KIND", "redis"),
        ("TENANTRY_CACHE__URL", url.as_str()),
    ];
    let mut serve = command(PROGRAM, folder.path(), &settings);
    let refused = serve.arg("serve").output().expect("a process");
    assert!(!refused.status.success());
    let words = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(words.lines().count(), 1, "{words}");
    for part in ["Redis", "127.0.0.1", "password"] {
        assert!(words.contains(part), "no {part} in {words}");
    }
    assert!(!words.contains("hunter2"), "{words}");
}
