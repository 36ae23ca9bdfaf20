//! Requests of a page of another origin in a real browser.
//!
//! The cases are the modules in `page/`, whose names the page reports before it
//! runs them.

mod page;

use std::time::Duration;

use serde_json::json;
use tenantry_tests::{
    harness::{PASSWORD, TestService},
    services::Chromium,
};
use tokio::time::timeout;

use crate::{admission::presigned, system::LIBRARIES};
use page::{Page, Report};

/// The maximum time for all cases.
const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chromium_permits_what_the_service_allows() {
    let page = Page::bind().await;
    let origin = page.origin().to_owned();
    let allowed = ("TENANTRY_HTTP__CORS_ORIGINS", origin.as_str());
    let settings = [allowed, ("TENANTRY_LIMITS__MAX_FILE_MB", "1")];
    let service = TestService::embedded(&settings).await;
    let limits = [allowed, ("TENANTRY_LIMITS__AUTH_PER_MINUTE", "3")];
    let limited = TestService::embedded(&limits).await;
    let closed = TestService::embedded(&[]).await;
    let alice = service.company("acme").await;
    let world = json!({
        "api": service.base(),
        "limited": limited.base(),
        "closed": closed.base(),
        "token": alice.token,
        "tenant": alice.tenant_id,
        "email": alice.email,
        "password": PASSWORD,
        "download": format!("{}{}", service.base(), presigned(&service, &alice).await),
        "libraries": LIBRARIES.map(|(name, headers)| {
            (name, headers.split(',').collect::<Vec<_>>())
        }),
    });
    let mut reports = page.serve(&world, service.base());
    let browser = Chromium::open(&origin);

    let mut missing: Vec<String> = Vec::new();
    let mut ran = 0;
    let mut failures = Vec::new();
    let end = timeout(PATIENCE, async {
        while let Some(report) = reports.recv().await {
            match report {
                Report::Cases(cases) => missing = cases,
                Report::Failure(failure) => {
                    failures.push(failure);
                    return;
                }
                Report::Outcome { name, error } => {
                    ran += 1;
                    missing.retain(|case| *case != name);
                    failures.extend(error.map(|error| format!("{name}: {error}")));
                }
            }
            if missing.is_empty() {
                return;
            }
        }
    });
    let end = end.await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(
        end.is_ok() && missing.is_empty() && ran > 0,
        "{ran} cases ended, but not {missing:?}: {}",
        browser.log()
    );
}
