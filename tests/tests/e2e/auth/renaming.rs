//! Changes of the names by which a user signs in end the user's other sessions.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tenantry_application::work::PlatformWork;
use tenantry_domain::{
    Revision,
    id::SessionId,
    session::{RevokeReason, Session},
};
use tenantry_tests::harness::{Actor, ApiResponse, PASSWORD, TestService, until};

use super::sessions::{another, live, refresh};

async fn change(actor: &Actor, body: &Value) -> ApiResponse {
    let mut body = body.clone();
    body["current_password"] = json!(PASSWORD);
    actor.put("/api/v1/auth/me", &body).await
}

#[tokio::test]
async fn another_address_or_username_ends_all_other_sessions() {
    let service = TestService::start().await;
    let mut alice = service.company("acme").await;
    for names in [
        json!({ "username": "alice" }),
        json!({ "username": "ALICE" }),
        json!({ "email": "alice@example.com" }),
        json!({ "username": null }),
    ] {
        let (laptop, phone) = (another(&alice).await, another(&alice).await);
        for session in [&alice, &laptop, &phone] {
            session.get("/api/v1/auth/me").await.expect(200);
        }

        let changed = change(&alice, &names).await.expect(200);

        alice.email = changed.text("user/email");
        for ended in [&laptop, &phone] {
            let refused = ended.get("/api/v1/auth/me").await;
            refused.expect_problem(401, "unauthorized");
            let refused = refresh(ended).await;
            refused.expect_problem(401, "unauthorized");
        }
        alice.get("/api/v1/auth/me").await.expect(200);
        let pair = refresh(&alice).await.expect(200);
        alice.token = Some(pair.text("access_token"));
        alice.refresh_token = Some(pair.text("refresh_token"));
        assert_eq!(live(&service, &alice).await.len(), 1, "{names}");
    }
    let audit = alice.get("/api/v1/audit?action=auth.session_end").await;
    let audit = audit.expect(200).json();
    let ended = audit["items"].as_array().expect("a list");
    assert_eq!(ended.len(), 2 * 4);
    for entry in ended {
        assert_eq!(entry["detail"]["reason"], RevokeReason::Renamed.as_str());
    }
}

#[tokio::test]
async fn sessions_at_another_process_end_as_well() {
    let service = TestService::embedded(&[]).await;
    let other = service.beside(&[]).await;
    let alice = service.company("acme").await;
    let elsewhere = another(&alice.at(other.base())).await;
    elsewhere.get("/api/v1/auth/me").await.expect(200);
    let named = json!({ "username": "alice" });
    change(&alice, &named).await.expect(200);
    let refused = refresh(&elsewhere).await;
    refused.expect_problem(401, "unauthorized");
    until("the session ends at the other process", async || {
        let response = elsewhere.get("/api/v1/auth/me").await;
        (response.status == 401).then_some(())
    })
    .await;
    alice.get("/api/v1/auth/me").await.expect(200);
}

#[tokio::test]
async fn other_and_rejected_changes_end_no_session() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let phone = another(&alice).await;
    let shown = json!({ "display_name": "Alice" });
    change(&alice, &shown).await.expect(200);
    let taken = json!({ "email": bob.email });
    let refused = change(&alice, &taken).await;
    refused.expect_problem(409, "already_exists");
    let wrong = json!({ "username": "alice", "current_password": "wrong horse battery" });
    let refused = alice.put("/api/v1/auth/me", &wrong).await;
    refused.expect_field("current_password", "wrong_password");
    for session in [&alice, &phone, &bob] {
        session.get("/api/v1/auth/me").await.expect(200);
        refresh(session).await.expect(200);
    }
}

/// Stores more sessions than one commit ends, as without a limit.
#[tokio::test]
async fn any_number_of_other_sessions_is_ended() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let services = service.services();
    let own = live(&service, &alice).await.pop().expect("a session");
    for _ in 0..3 {
        let mut work = PlatformWork::new();
        for _ in 0..80 {
            work.sessions().add(&Session {
                id: SessionId::from_uuid(services.ids.next()),
                revision: Revision::FIRST,
                ..own.clone()
            });
        }
        services.store.commit(work).await.expect("sessions");
    }
    assert_eq!(live(&service, &alice).await.len(), 241);
    let named = json!({ "username": "alice" });
    change(&alice, &named).await.expect(200);
    let left = live(&service, &alice).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].id, own.id);
    alice.get("/api/v1/auth/me").await.expect(200);
}

/// Changes the names in several sessions at the same time: the first one ends
/// the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_several_sessions_that_change_the_names_continues() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let mut sessions = vec![alice.clone()];
    for _ in 0..7 {
        sessions.push(another(&alice).await);
    }
    let changes = sessions.iter().enumerate().map(async |(number, session)| {
        let names = json!({ "username": format!("alice-{number}") });
        change(session, &names).await
    });
    let responses = join_all(changes).await;
    let winners = sessions.iter().zip(&responses);
    let winners: Vec<_> = winners
        .filter(|(_, response)| response.status == 200)
        .collect();
    assert_eq!(winners.len(), 1, "{responses:?}");
    let refused = responses.iter().filter(|response| response.status == 401);
    assert_eq!(refused.count(), sessions.len() - 1, "{responses:?}");
    let (winner, response) = winners[0];
    let me = winner.get("/api/v1/auth/me").await.expect(200);
    assert_eq!(me.text("user/username"), response.text("user/username"));
    assert_eq!(live(&service, &alice).await.len(), 1);
}
