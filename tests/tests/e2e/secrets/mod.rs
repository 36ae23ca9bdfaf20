//! No secret is in the log, the stored data or an error.
//!
//! The program runs with known secrets and logs all that it can. Every operation
//! is called: with success, with wrong credentials, with values that it rejects,
//! and while the database is down. Then everything it has written is searched for
//! each secret in each form.

mod forms;
mod journey;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use tenantry_tests::{
    harness::{Providers, ServiceProcess, borrowed, command, until},
    services::{Fault, FaultProxy},
};

use self::{forms::Secrets, journey::Journey};

/// The program, built for tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

/// The variable with the address of the database.
const DATABASE: &str = "TENANTRY_DATABASE__URL";

/// The settings with the secrets of the service itself.
const KNOWN: &[(&str, &str)] = &[
    (
        "TENANTRY_SECURITY__SECRET",
        "root+secret/Qm5x of the search for secrets",
    ),
    (
        "TENANTRY_SECURITY__REFRESH_TOKEN_PEPPER",
        "pepper+Wk83/of the search",
    ),
    ("TENANTRY_SEED__ADMIN_PASSWORD", "admin+Zt42/password"),
];

/// Settings that reveal the most.
const SETTINGS: &[(&str, &str)] = &[
    ("TENANTRY_SEED__ADMIN_EMAIL", "admin@example.com"),
    ("TENANTRY_LOG__LEVEL", "trace"),
    ("TENANTRY_LOG__FORMAT", "json"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_in_the_log_the_data_or_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    let mut secrets = Secrets::default();
    let place = Providers::of_this_run().place().await;
    let mut settings: Vec<(String, String)> = Vec::new();
    let mut proxy = None;
    // Its limits for servers under load would make the outage take minutes.
    let under_load = place.providers.database.under_load.iter();
    let under_load: Vec<_> = under_load
        .map(|(key, _)| format!("TENANTRY_DATABASE__{key}"))
        .collect();
    let used = place.settings().into_iter();
    for (name, value) in used.filter(|(name, _)| !under_load.iter().any(|it| it == name)) {
        let mut value = value.to_owned();
        if name == DATABASE && place.providers.database.server.is_some() {
            let (before, through) = FaultProxy::before(&value).await;
            (proxy, value) = (Some(before), with_password(&through));
        }
        secrets.add_setting(name, &value);
        settings.push((name.to_owned(), value));
    }
    for (name, value) in KNOWN {
        secrets.add(name, value);
    }
    let fixed = KNOWN.iter().chain(SETTINGS);
    settings.extend(fixed.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));

    let log = folder.path().join("log");
    let command = command(PROGRAM, &data, &borrowed(&settings));
    let process = ServiceProcess::logged(command, &File::create(&log).expect("a log"));
    let anyone = process.anonymous();
    let mut journey = Journey::begin(&anyone, &mut secrets).await;
    journey.every_operation(&mut secrets).await;
    if let Some(proxy) = &proxy {
        proxy.set(Fault::Down);
        until("the outage is noticed", async || {
            let ready = anyone.get("/health/ready").await;
            (ready.status == 503).then_some(())
        })
        .await;
        journey.every_operation_during_an_outage().await;
        proxy.set(Fault::None);
    }
    process.stop().await;

    let mut places = vec![("the log".to_owned(), fs::read(&log).expect("the log"))];
    let errors = journey.responses.iter().cloned();
    places.extend(errors.map(|(request, text)| (format!("the response to {request}"), text)));
    for file in files(&data) {
        let bytes = fs::read(&file).expect("a file");
        places.push((file.display().to_string(), bytes));
    }
    let open = place.providers.database.rows.expect("a database");
    let url = place.find(DATABASE).unwrap_or_default();
    let rows = open(url, &data).all().await.into_iter();
    places.extend(rows.map(|row| ("a row".to_owned(), row.into_bytes())));

    let mut canaries = Secrets::default();
    canaries.add("the tenant", &journey.owner.tenant_id);
    canaries.add("the e-mail address", &journey.owner.email);
    let found = canaries.search(&places);
    for place in ["the log", "a row", "the response to get_me"] {
        let place = format!("in {place}:");
        let is_searched = found.iter().any(|finding| finding.contains(&place));
        assert!(is_searched, "nothing is found {place} {found:?}");
    }
    let log = String::from_utf8_lossy(&places[0].1);
    assert!(log.contains("DEBUG"), "the log has no debug lines: {log}");
    let findings = secrets.search(&places);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// Adds a password to the URL of a server that accepts any.
fn with_password(url: &str) -> String {
    let parts = url.strip_prefix("postgres://");
    match parts.and_then(|parts| parts.split_once('@')) {
        Some((user, rest)) if !user.contains(':') => {
            format!("postgres://{user}:database-Hk31-password@{rest}")
        }
        _ => url.to_owned(),
    }
}

/// Returns the files in a folder and those below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
