//! What comes in broken: every operation says so in the one shape, cheaply,
//! and nothing is half done.

mod json;
mod requests;

use tenantry_tests::harness::{Actor, TestService};

use crate::cases::Belongings;

async fn belongings(service: &TestService, alice: &Actor) -> Belongings {
    let file = alice.upload_ready("a.txt", "text/plain", "content").await;
    Belongings {
        file: file["id"].as_str().expect("an id").to_owned(),
        path: "a.txt".to_owned(),
        job: service.jobs_of(alice).await.pop().expect("a job"),
        user: alice.user_id.clone(),
        tenant: alice.tenant_id.clone(),
    }
}
