//! State that processes share through Redis, and without it.

use std::time::Duration;

use tenantry_application::work::PlatformWork;
use tenantry_domain::{
    id::{TenantId, UserId},
    membership::MembershipStatus,
    role::Preset,
};
use tenantry_tests::{
    harness::{Actor, TestService, until},
    services::Redis,
};
use tokio::time::Instant;

use super::{Replicas, attempt};

/// The maximum time until a revocation takes effect.
const BOUND: Duration = Duration::from_secs(5);

const FIVE: (&str, &str) = ("TENANTRY_LIMITS__AUTH_PER_MINUTE", "5");

#[tokio::test]
async fn attempts_are_counted_across_processes() {
    let redis = Redis::shared().await;
    let replicas = Replicas::with(redis, &[FIVE], &[FIVE]).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        for service in replicas.each() {
            let response = attempt(service, "192.0.2.1").await;
            statuses.push(response.status.as_u16());
        }
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429, 429, 429]);
    assert_eq!(attempt(&replicas.other, "192.0.2.2").await.status, 401);
}

/// Returns the time until an actor gets a status.
async fn time_until(actor: &Actor, path: &str, status: u16) -> Duration {
    let started = Instant::now();
    until("the revocation takes effect", async || {
        let response = actor.get(path).await;
        (response.status == status).then_some(())
    })
    .await;
    started.elapsed()
}

/// Signs in at one service, uses the session at the other, and signs out.
async fn time_until_signed_out(replicas: &Replicas, alice: &mut Actor) -> Duration {
    alice.sign_in().await;
    let there = alice.at(replicas.other.base());
    for _ in 0..3 {
        there.get("/api/v1/auth/me").await.expect(200);
    }
    alice
        .post("/api/v1/auth/logout", &serde_json::json!({}))
        .await
        .expect(204);
    time_until(&there, "/api/v1/auth/me", 401).await
}

async fn suspend(service: &TestService, person: &Actor) {
    let services = service.services();
    let tenant: TenantId = person.tenant_id.parse().expect("a tenant");
    let user: UserId = person.user_id.parse().expect("a person");
    let found = services.store.memberships().lookup(tenant, user).await;
    let mut membership = found.expect("a response").expect("a membership");
    membership.status = MembershipStatus::Deactivated;
    let mut work = PlatformWork::new();
    work.memberships(services.now()).update(&membership);
    services
        .store
        .commit(work)
        .await
        .expect("a suspended member");
}

#[tokio::test]
async fn revocations_take_effect_on_the_other_process() {
    let mut redis = Redis::own().await;
    let replicas = Replicas::with(&redis, &[], &[]).await;
    replicas.receive_signals().await;
    let mut alice = replicas.one.company("acme").await;
    let members = [
        replicas.one.member(&alice, "bob", Preset::Admin).await,
        replicas.one.member(&alice, "carol", Preset::Admin).await,
    ];
    let members = members.map(|member| member.at(replicas.other.base()));
    let usage = format!("/api/v1/tenants/{}/usage", alice.tenant_id);

    // Polling every second would take five seconds for ten revocations.
    let mut total = Duration::ZERO;
    for _ in 0..10 {
        total += time_until_signed_out(&replicas, &mut alice).await;
    }
    assert!(total < Duration::from_secs(3), "{total:?}");
    members[0].get(&usage).await.expect(200);
    suspend(&replicas.one, &members[0]).await;
    assert!(time_until(&members[0], &usage, 403).await < BOUND);

    redis.kill().await;
    for _ in 0..3 {
        assert!(time_until_signed_out(&replicas, &mut alice).await < BOUND);
    }
    members[1].get(&usage).await.expect(200);
    suspend(&replicas.one, &members[1]).await;
    assert!(time_until(&members[1], &usage, 403).await < BOUND);
}

/// Adds jobs at a service without a worker.
async fn expect_wake_ups(replicas: &Replicas) {
    replicas.receive_signals().await;
    let alice = replicas.one.company("acme").await;
    for number in 0..5 {
        let path = format!("{number}.txt");
        let file = alice.upload_ready(&path, "text/plain", "hello").await;
        assert_eq!(file["status"], "ready");
    }
}

const IDLE: (&str, &str) = ("TENANTRY_WORKER__INLINE", "false");

/// A poll interval longer than the test.
const PATIENT: (&str, &str) = ("TENANTRY_WORKER__POLL_SECONDS", "300");

#[tokio::test]
async fn jobs_wake_the_worker_of_the_other_process() {
    let redis = Redis::shared().await;
    expect_wake_ups(&Replicas::with(redis, &[IDLE], &[PATIENT]).await).await;
}

/// Signals do not depend on the database.
#[tokio::test]
async fn jobs_wake_the_worker_of_the_other_process_on_sqlite() {
    let redis = Redis::shared().await;
    expect_wake_ups(&Replicas::on(&[], redis, &[IDLE], &[PATIENT]).await).await;
}

#[tokio::test]
async fn without_redis_the_worker_polls() {
    let mut redis = Redis::own().await;
    let replicas = Replicas::with(&redis, &[IDLE], &[]).await;
    let alice = replicas.one.company("acme").await;
    redis.kill().await;
    let file = alice.upload_ready("a.txt", "text/plain", "hello").await;
    assert_eq!(file["status"], "ready");
}
