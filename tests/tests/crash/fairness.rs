//! The delay that one tenant or client causes to others, in requests: while one
//! request of a bystander runs, only a few of a busy client complete, however
//! many it sends. Their number does not depend on the speed of the machine.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use serde_json::json;
use tenantry_tests::harness::{Actor, PASSWORD, Providers, Settings, until};

use crate::{
    large::World,
    overload::{ATTACKER, BYSTANDER, Protocol, client},
};

/// The number of concurrent requests of the busy client.
const BUSY: usize = 200;

/// Sign-ins are limited by the lanes of password hashing alone.
const SETTINGS: Settings<'static> = &[
    ("TENANTRY_LIMITS__AUTH_PER_MINUTE", "100000"),
    ("TENANTRY_SECURITY__PASSWORD_HASH__MEMORY_KIB", "19456"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_tenant_delays_reads_by_few_requests() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let list = async |actor: Actor| actor.get("/api/v1/files").await.status == 200;
        // A tenant has at most 32 running requests.
        expect_delay(protocol, 100, list, 100).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_sign_ins_delay_others_by_few_sign_ins() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let sign_in = async |actor: Actor| {
            let password = if actor.email.contains("globex") {
                "not the password"
            } else {
                PASSWORD
            };
            let credentials = json!({ "identifier": actor.email, "password": password });
            let anyone = actor.with_token(None);
            let response = anyone.post("/api/v1/auth/login", &credentials);
            matches!(response.await.status.as_u16(), 200 | 401)
        };
        expect_delay(protocol, 5, sign_in, 10).await;
    }
}

/// Sends `count` requests of a bystander in turn while another tenant sends many
/// at a time. Asserts that all succeed, and that for each at most `bound` of the
/// other ones complete on average.
async fn expect_delay<R: Future<Output = bool> + Send>(
    protocol: Protocol,
    count: usize,
    request: impl Fn(Actor) -> R + Clone + Send + Sync + 'static,
    bound: usize,
) {
    let world = World::with(Providers::of_this_run(), SETTINGS).await;
    let busy = Actor::register(world.process.base(), "globex").await;
    let busy = busy.with_client(client(protocol, ATTACKER));
    let bystander = world.owner.with_client(client(protocol, BYSTANDER));

    let completed = Arc::new(AtomicUsize::new(0));
    // In this test's own runtime, its tasks would delay those of the bystander.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    for _ in 0..BUSY {
        let (busy, request, completed) = (busy.clone(), request.clone(), Arc::clone(&completed));
        runtime.spawn(async move {
            loop {
                // The excess is rejected, and does not count.
                if request(busy.clone()).await {
                    completed.fetch_add(1, Relaxed);
                }
            }
        });
    }
    until("the other tenant is busy", async || {
        (completed.load(Relaxed) > 2 * bound).then_some(())
    })
    .await;
    let before = completed.load(Relaxed);
    for _ in 0..count {
        assert!(request(bystander.clone()).await, "an error");
    }
    let each = (completed.load(Relaxed) - before) / count;
    runtime.shutdown_background();
    println!("{protocol:?}: {each} requests of the busy tenant per request of the bystander");
    assert!(each <= bound, "{protocol:?}: {each} requests per request");
}
