//! A database without its last commits, after a failover or from a backup.

use sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use tenantry_tests::harness::{TestService, until};

const ME: &str = "/api/v1/auth/me";

/// Checks that no cached grant is used after the position of the raises went back.
#[tokio::test]
async fn all_grants_are_evicted_after_lost_commits() {
    let service = TestService::embedded(&[]).await;
    let alice = service.company("acme").await;
    let file = SqliteConnectOptions::new().filename(service.data().join("tenantry.db"));
    let database = SqliteConnection::connect_with(&file).await;
    let mut database = database.expect("connected");

    let cache = &service.services().access_cache;
    let before = cache.generation();
    let raise = "INSERT INTO epochs (subject_id, kind, epoch, changed_at) \
                 VALUES (zeroblob(16), 'user', 1, 0)";
    database.execute(raise).await.expect("raised");
    until("the raise is found", async || {
        (cache.generation() != before).then_some(())
    })
    .await;
    alice.get(ME).await.expect(200);

    // The other server has this revocation, but not the last raise.
    let other = "BEGIN IMMEDIATE; \
                 DELETE FROM epochs WHERE subject_id = zeroblob(16); \
                 UPDATE sessions SET revoked_at = 1, revoke_reason = 'logout'; \
                 COMMIT";
    database.execute(other).await.expect("changed");
    until("the session ends", async || {
        (alice.get(ME).await.status == 401).then_some(())
    })
    .await;
}
