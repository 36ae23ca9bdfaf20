//! Security events in the log of the process.

use std::{collections::BTreeSet, fs, path::Path, process::Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use tenantry_application::SecurityEvent;
use tenantry_tests::harness::{Actor, ApiResponse, PASSWORD, ServiceProcess, command, until};

/// The program, built for tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

const OWNER: &str = "root@example.com";
const WRONG: &str = "wrong horse battery";

const SETTINGS: &[(&str, &str)] = &[
    ("TENANTRY_LOG__FORMAT", "json"),
    ("TENANTRY_LOG__LEVEL", "info"),
    ("TENANTRY_TENANCY__STRATEGY", "header"),
    ("TENANTRY_SECURITY__REGISTRATION", "invite"),
    ("TENANTRY_SEED__ADMIN_EMAIL", OWNER),
    ("TENANTRY_SEED__ADMIN_PASSWORD", PASSWORD),
    ("TENANTRY_SEED__TENANT", "Acme"),
    ("TENANTRY_LIMITS__FREE_FAILURES", "1"),
    ("TENANTRY_LIMITS__FAILURE_DELAY_SECONDS", "900"),
    ("TENANTRY_SECURITY__REFRESH_GRACE_SECONDS", "0"),
];

/// A service that writes its log to a file.
struct Logged {
    folder: tempfile::TempDir,
    process: ServiceProcess,
}

impl Logged {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = fs::File::create(folder.path().join("log")).expect("a log");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("a folder");
        let mut command = command(PROGRAM, &data, SETTINGS);
        command.stderr(Stdio::from(log));
        let process = ServiceProcess::of(command);
        Self { folder, process }
    }

    fn log(&self) -> String {
        read(&self.folder.path().join("log"))
    }

    /// Returns the event of a response, once it is in the log.
    async fn event(&self, event: SecurityEvent, response: &ApiResponse) -> Value {
        let id = response.text("request_id");
        until("the event is in the log", async || {
            let log = self.log();
            let lines = log.lines().filter(|line| line.contains(event.as_str()));
            let mut events = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
            events.find(|line| {
                line["security.event"] == event.as_str() && line["request.id"] == id.as_str()
            })
        })
        .await
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a log")
}

async fn login(actor: &Actor, identifier: &str, password: &str) -> ApiResponse {
    let body = json!({ "identifier": identifier, "password": password });
    actor
        .with_token(None)
        .post("/api/v1/auth/login", &body)
        .await
}

/// Provokes an event; returns the response and whether it concerns an
/// identifier.
async fn provoke(event: SecurityEvent, service: &Logged, owner: &mut Actor) -> (ApiResponse, bool) {
    let stranger = service.process.anonymous();
    match event {
        SecurityEvent::SignInFailed => {
            let refused = login(&stranger, "mallory@example.com", WRONG).await;
            (refused.expect_problem(401, "unauthorized"), true)
        }
        SecurityEvent::AttemptDelayed => {
            login(&stranger, "oscar@example.com", WRONG).await;
            let delayed = login(&stranger, "oscar@example.com", WRONG).await;
            (delayed.expect_problem(429, "rate_limited"), true)
        }
        SecurityEvent::PasswordRejected => {
            let body = json!({ "email": "trudy@example.com", "current_password": WRONG });
            let refused = owner.put("/api/v1/auth/me", &body).await;
            (
                refused.expect_field("current_password", "wrong_password"),
                true,
            )
        }
        SecurityEvent::RefreshTokenReused => {
            let body = json!({ "refresh_token": owner.refresh_token });
            let refresh = async || owner.post("/api/v1/auth/refresh", &body).await;
            refresh().await.expect(200);
            // Reuse within the millisecond of the rotation counts as a retry.
            let refused = until("the reuse is refused", async || {
                let response = refresh().await;
                (response.status == 401).then_some(response)
            })
            .await;
            owner.sign_in().await;
            (refused, true)
        }
        SecurityEvent::AccessDenied => {
            let body = json!({
                "email": "heidi@example.com",
                "password": PASSWORD,
                "organization_name": "globex",
            });
            let denied = stranger.post("/api/v1/auth/register", &body).await;
            (denied.expect_problem(403, "access_denied"), false)
        }
        SecurityEvent::ForeignTenant => {
            let request = owner.request(Method::GET, "/api/v1/auth/me");
            let tenant = "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
            let hidden = owner.send(request.header("x-tenant-id", tenant)).await;
            (hidden.expect_problem(404, "tenant_not_found"), false)
        }
        SecurityEvent::RateLimited => {
            login(&stranger, "peggy@example.com", WRONG).await;
            let limited = login(&stranger, "peggy@example.com", WRONG).await;
            (limited.expect_problem(429, "rate_limited"), false)
        }
    }
}

#[tokio::test]
async fn every_security_event_is_logged_without_the_identifier() {
    let service = Logged::start();
    let mut owner = service.process.anonymous();
    owner.email = OWNER.to_owned();
    owner.sign_in().await;
    let mut secrets = BTreeSet::new();
    let mut hashes = BTreeSet::new();
    for event in SecurityEvent::ALL {
        for token in [&owner.token, &owner.refresh_token].into_iter().flatten() {
            secrets.insert(token.clone());
        }
        let (response, has_identifier) = provoke(*event, &service, &mut owner).await;
        let line = service.event(*event, &response).await;
        assert_eq!(line["target"], "tenantry::security", "{line}");
        assert_eq!(line["client.address"], "127.0.0.1", "{line}");
        let hash = line.get("identifier.hash").and_then(Value::as_str);
        assert_eq!(hash.is_some(), has_identifier, "{line}");
        hashes.extend(hash.map(str::to_owned));
    }
    assert_eq!(
        hashes.len(),
        4,
        "different identifiers have different hashes"
    );

    // The same identifier has the same hash, in any spelling.
    let refused = login(&service.process.anonymous(), "MALLORY@example.com", WRONG).await;
    let line = service.event(SecurityEvent::AttemptDelayed, &refused).await;
    let hash = line["identifier.hash"].as_str().expect("a hash");
    assert!(hashes.contains(hash));

    let log = service.log();
    for name in [
        "mallory", "oscar", "trudy", "peggy", "heidi", OWNER, WRONG, PASSWORD,
    ] {
        secrets.insert(name.to_owned());
    }
    for secret in secrets {
        assert!(
            !log.to_lowercase().contains(&secret.to_lowercase()),
            "{secret} is in the log"
        );
    }
}

#[test]
fn every_security_event_is_documented() {
    let page = read(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/security-events.md"
    )));
    let documented: BTreeSet<&str> = page
        .lines()
        .skip_while(|line| !line.starts_with("| event |"))
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let events = SecurityEvent::ALL.iter().map(|event| event.as_str());
    assert_eq!(documented, events.collect::<BTreeSet<_>>());
}
