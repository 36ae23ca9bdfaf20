//! The lanes of requests.

use std::time::Duration;

use tenantry_application::{
    ports::{PresignAccess, PresignRequest},
    transfers,
};
use tenantry_tests::harness::{Actor, TestService, until};

use crate::overload::Overload;

/// An operation that requires a token.
const FILES: &str = "/api/v1/files";

#[tokio::test]
async fn requests_with_a_presigned_url_are_in_the_lane_of_their_tenant() {
    let service = TestService::embedded(&[]).await;
    let alice = service.company("acme").await;
    let anyone = service.anonymous();
    let signed = presigned(&service, &alice).await;
    // As many requests without a tenant occupy the share of their network.
    let strangers = Overload::begin(service.base(), "/openapi.json").await;
    assert!(strangers.refused > 0);
    anyone.get(FILES).await.expect_problem(503, "busy");
    drop(strangers);
    until("the connections are closed", async || {
        let response = anyone.get(FILES).await;
        (response.status == 401).then_some(())
    })
    .await;

    let downloads = Overload::begin(service.base(), &signed).await;
    assert_eq!(downloads.refused, 0);
    anyone.get(FILES).await.expect(401);
    // A URL that is not valid stays in the lane of its network.
    let changed = Overload::begin(service.base(), &format!("{signed}0")).await;
    assert!(changed.refused > 0);
    drop((downloads, changed));
}

/// Uploads ten bytes and returns the path and query of a presigned URL of them.
pub(crate) async fn presigned(service: &TestService, alice: &Actor) -> String {
    alice
        .upload_ready("signed.txt", "text/plain", "ten bytes!")
        .await;
    let stored = service.stored(alice).await;
    let key = stored.keys().next().expect("a blob");
    let read = PresignRequest {
        key: key.parse().expect("a key"),
        access: PresignAccess::Get,
        expires_in: Duration::from_mins(10),
    };
    let services = service.services();
    let backend = services.blobs.default_name();
    let signed = transfers::presign(services, backend, &read).await;
    signed.expect("signed").url
}
