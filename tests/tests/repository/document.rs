//! The OpenAPI document that is committed, and the one that is served.

use std::fs;

use crate::tree::root;

#[test]
fn the_committed_document_is_the_served_one() {
    let path = root().join("openapi/openapi.json");
    let committed = fs::read_to_string(&path).expect("there is a committed document");
    let served = tenantry_http::openapi_document();
    let differs = committed
        .lines()
        .zip(served.lines())
        .position(|(committed, served)| committed != served);
    let line = differs.unwrap_or_else(|| committed.lines().count().min(served.lines().count()));
    assert!(
        committed == served,
        "openapi/openapi.json differs from line {} on; `make openapi` writes it anew",
        line + 1
    );
}
