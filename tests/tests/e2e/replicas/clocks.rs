//! Processes whose clocks differ.

use std::{sync::Arc, time::Duration};

use tenantry_tests::{
    harness::{Actor, ShiftedClock, TestService, until},
    services::Postgres,
};
use tokio::time::Instant;

const SKEW: Duration = Duration::from_mins(1);

/// The maximum time until a revocation takes effect in every process.
const BOUND: Duration = Duration::from_secs(2);

const ME: &str = "/api/v1/auth/me";

/// Returns the time until a session that is signed out at one service has ended
/// at the other, without signals between them.
async fn time_until_signed_out(
    alice: &mut Actor,
    at: &TestService,
    other: &TestService,
) -> Duration {
    // A process does not accept tokens from its future.
    alice.sign_in().await;
    let (here, there) = (alice.at(at.base()), alice.at(other.base()));
    for _ in 0..3 {
        there.get(ME).await.expect(200);
    }
    let nothing = serde_json::json!({});
    let signed_out = here.post("/api/v1/auth/logout", &nothing).await;
    signed_out.expect(204);
    let started = Instant::now();
    until("the session ends at the other service", async || {
        (there.get(ME).await.status == 401).then_some(())
    })
    .await;
    started.elapsed()
}

#[tokio::test]
async fn revocations_take_effect_despite_wrong_clocks() {
    let url = Postgres::shared().await.fresh().await;
    let settings = [
        ("TENANTRY_DATABASE__URL", url.as_str()),
        ("TENANTRY_DATABASE__MAX_CONNECTIONS", "8"),
    ];
    let right = TestService::embedded(&settings).await;
    let with = async |clock| right.beside_with_clock(&settings, Arc::new(clock)).await;
    let behind = with(ShiftedClock::Behind(SKEW)).await;
    let ahead = with(ShiftedClock::Ahead(SKEW)).await;
    let mut alice = behind.company("acme").await;
    for at in [&behind, &right, &ahead] {
        for other in [&behind, &right, &ahead] {
            let time = time_until_signed_out(&mut alice, at, other).await;
            assert!(time < BOUND, "{time:?}");
        }
    }
}
