//! The sessions of a user, with which tests of several sessions work.

use serde_json::json;
use tenantry_domain::{id::UserId, session::Session};
use tenantry_tests::harness::{Actor, ApiResponse, TestService};

/// Signs in once more.
pub(super) async fn another(actor: &Actor) -> Actor {
    let mut another = actor.clone();
    another.sign_in().await;
    another
}

/// Refreshes the actor's session.
pub(super) async fn refresh(actor: &Actor) -> ApiResponse {
    let body = json!({ "refresh_token": actor.refresh_token });
    actor.post("/api/v1/auth/refresh", &body).await
}

/// Returns the live sessions of the actor's user.
pub(super) async fn live(service: &TestService, actor: &Actor) -> Vec<Session> {
    let services = service.services();
    let user: UserId = actor.user_id.parse().expect("an id");
    let sessions = services.store.sessions();
    let live = sessions.find_live(user, services.now(), 0, 10_000).await;
    live.expect("the sessions")
}
