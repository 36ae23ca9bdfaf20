//! A server that goes, hangs and comes back while people work.

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

/// Within which everything is as before once the server is back.
const RECOVERY: Duration = Duration::from_secs(5);

/// The binary, built for tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

async fn checks(service: &TestService, path: &str) -> (u16, Value) {
    let answer = service.anonymous().get(path).await;
    (answer.status.as_u16(), answer.json())
}

/// It tells, and goes on serving.
async fn expect_degraded(service: &TestService) {
    until("the cache is known to be away", async || {
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
    let begun = Instant::now();
    until("the cache is back", async || {
        let (status, health) = checks(service, "/health").await;
        (status == 200 && health["status"] == "healthy").then_some(())
    })
    .await;
    assert!(begun.elapsed() < RECOVERY, "{:?}", begun.elapsed());
}

/// What people at work meet.
#[derive(Default)]
struct Met {
    answers: AtomicU64,
    /// Tries that went on although they come from an exhausted address.
    allowed: AtomicU64,
    faults: Mutex<Vec<String>>,
}

impl Met {
    fn note(&self, what: &str, status: u16) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        if status >= 500 {
            let mut faults = self.faults.lock().expect("no fault of a test");
            faults.push(format!("{what}: {status}"));
        }
    }
}

/// Reads, sign-ins and guesses on both services until the set is dropped.
fn work(replicas: &Arc<Replicas>, alice: &Actor, met: &Arc<Met>) -> JoinSet<()> {
    let mut people = JoinSet::new();
    for number in 0..4_u32 {
        let (replicas, met, alice) = (Arc::clone(replicas), Arc::clone(met), alice.clone());
        people.spawn(async move {
            for round in number.. {
                let service = replicas.each()[(round % 2) as usize];
                let me = alice.at(service.base()).get("/api/v1/auth/me").await;
                met.note("me", me.status.as_u16());
                let address = format!("192.0.2.{}", 10 + round % 200);
                let tried = attempt(service, &address).await;
                met.note("refresh", tried.status.as_u16());
                let guessed = attempt(service, "192.0.2.1").await;
                met.note("guess", guessed.status.as_u16());
                if guessed.status != 429 {
                    met.allowed.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    people
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_at_work_do_not_notice() {
    let mut redis = Redis::own().await;
    let ten = [("TENANTRY_LIMITS__AUTH_PER_MINUTE", "10")];
    let replicas = Arc::new(Replicas::with(&redis, &ten, &ten).await);
    let alice = replicas.one.company("acme").await;
    let begun = Instant::now();
    for service in replicas.each() {
        while attempt(service, "192.0.2.1").await.status != 429 {}
    }

    let met = Arc::<Met>::default();
    let people = work(&replicas, &alice, &met);
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
    drop(people);

    let faults = met.faults.lock().expect("no fault of a test");
    assert!(faults.is_empty(), "{faults:?}");
    assert!(met.answers.load(Ordering::Relaxed) > 100);
    // One in six seconds comes back, by each process while it counts alone.
    let back = 2 * (begun.elapsed().as_secs() / 6 + 1);
    let allowed = met.allowed.load(Ordering::Relaxed);
    assert!(allowed <= back, "{allowed} guesses, {back} at most");
}

#[tokio::test]
async fn a_service_starts_without_the_server() {
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

/// A wrong password does not go away by waiting.
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
