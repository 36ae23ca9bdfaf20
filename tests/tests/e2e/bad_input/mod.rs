//! Invalid input: every operation rejects it with a problem and without side
//! effects.

mod json;
mod requests;

use tenantry_tests::harness::{Actor, TestService};

use crate::cases::Resources;

async fn resources(service: &TestService, alice: &Actor) -> Resources {
    let file = alice.upload_ready("a.txt", "text/plain", "content").await;
    Resources {
        file: file["id"].as_str().expect("an id").to_owned(),
        path: "a.txt".to_owned(),
        job: service.jobs_of(alice).await.pop().expect("a job"),
        project: alice.create_project("Tower").await,
        user: alice.user_id.clone(),
        tenant: alice.tenant_id.clone(),
    }
}
