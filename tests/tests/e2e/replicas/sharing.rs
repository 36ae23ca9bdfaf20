//! What the processes share while the server is there, and after it is gone.

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

/// Within which a revocation bites everywhere, whatever is away.
const BOUND: Duration = Duration::from_secs(5);

const FIVE: (&str, &str) = ("TENANTRY_LIMITS__AUTH_PER_MINUTE", "5");

#[tokio::test]
async fn tries_are_counted_together() {
    let redis = Redis::shared().await;
    let replicas = Replicas::with(redis, &[FIVE], &[FIVE]).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        for service in replicas.each() {
            let tried = attempt(service, "192.0.2.1").await;
            statuses.push(tried.status.as_u16());
        }
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429, 429, 429]);
    assert_eq!(attempt(&replicas.other, "192.0.2.2").await.status, 401);
}

/// How long it takes until an actor meets a status.
async fn felt(actor: &Actor, path: &str, status: u16) -> Duration {
    let begun = Instant::now();
    until("the revocation is felt", async || {
        let answer = actor.get(path).await;
        (answer.status == status).then_some(())
    })
    .await;
    begun.elapsed()
}

/// Signs in at one service, lets the other know the session, and signs out.
async fn sign_out_and_feel(replicas: &Replicas, alice: &mut Actor) -> Duration {
    alice.sign_in().await;
    let there = alice.at(replicas.other.base());
    for _ in 0..3 {
        there.get("/api/v1/auth/me").await.expect(200);
    }
    alice
        .post("/api/v1/auth/logout", &serde_json::json!({}))
        .await
        .expect(204);
    felt(&there, "/api/v1/auth/me", 401).await
}

async fn suspend(service: &TestService, person: &Actor) {
    let on = service.services();
    let tenant: TenantId = person.tenant_id.parse().expect("a tenant");
    let user: UserId = person.user_id.parse().expect("a person");
    let found = on.store.memberships().lookup(tenant, user).await;
    let mut membership = found.expect("an answer").expect("a membership");
    membership.status = MembershipStatus::Deactivated;
    let mut work = PlatformWork::new();
    work.memberships(on.now()).update(&membership);
    on.store.commit(work).await.expect("a suspended member");
}

#[tokio::test]
async fn a_revocation_is_felt_on_the_other() {
    let mut redis = Redis::own().await;
    let replicas = Replicas::with(&redis, &[], &[]).await;
    replicas.hear_each_other().await;
    let mut alice = replicas.one.company("acme").await;
    let members = [
        replicas.one.member(&alice, "bob", Preset::Admin).await,
        replicas.one.member(&alice, "carol", Preset::Admin).await,
    ];
    let members = members.map(|member| member.at(replicas.other.base()));
    let usage = format!("/api/v1/tenants/{}/usage", alice.tenant_id);

    // By looking alone every second ten of them would take five.
    let mut together = Duration::ZERO;
    for _ in 0..10 {
        together += sign_out_and_feel(&replicas, &mut alice).await;
    }
    assert!(together < Duration::from_secs(3), "{together:?}");
    members[0].get(&usage).await.expect(200);
    suspend(&replicas.one, &members[0]).await;
    assert!(felt(&members[0], &usage, 403).await < BOUND);

    redis.kill().await;
    for _ in 0..3 {
        assert!(sign_out_and_feel(&replicas, &mut alice).await < BOUND);
    }
    members[1].get(&usage).await.expect(200);
    suspend(&replicas.one, &members[1]).await;
    assert!(felt(&members[1], &usage, 403).await < BOUND);
}

/// Adds jobs at a service that works on none.
async fn expect_woken(replicas: &Replicas) {
    replicas.hear_each_other().await;
    let alice = replicas.one.company("acme").await;
    for number in 0..5 {
        let path = format!("{number}.txt");
        let file = alice.upload_ready(&path, "text/plain", "hello").await;
        assert_eq!(file["status"], "ready");
    }
}

const IDLE: (&str, &str) = ("TENANTRY_WORKER__INLINE", "false");

/// Without being woken it would look after five minutes.
const PATIENT: (&str, &str) = ("TENANTRY_WORKER__POLL_SECONDS", "300");

#[tokio::test]
async fn a_job_wakes_the_worker_of_the_other() {
    let redis = Redis::shared().await;
    expect_woken(&Replicas::with(redis, &[IDLE], &[PATIENT]).await).await;
}

/// Signals do not depend on the database.
#[tokio::test]
async fn a_job_wakes_the_worker_of_the_other_on_one_file() {
    let redis = Redis::shared().await;
    expect_woken(&Replicas::on(&[], redis, &[IDLE], &[PATIENT]).await).await;
}

#[tokio::test]
async fn without_the_server_the_worker_looks_by_itself() {
    let mut redis = Redis::own().await;
    let replicas = Replicas::with(&redis, &[IDLE], &[]).await;
    let alice = replicas.one.company("acme").await;
    redis.kill().await;
    let file = alice.upload_ready("a.txt", "text/plain", "hello").await;
    assert_eq!(file["status"], "ready");
}
