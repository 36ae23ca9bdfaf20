//! No id of another company works anywhere: every operation of the served
//! document is called with every id it takes, once with the victim's and once
//! with one that never existed. The two answers must be the same, and nothing
//! of the victim's may have changed.

use std::collections::BTreeSet;

use tenantry_tests::harness::{Actor, Operation, Parameter, TestService, record_count};

use crate::cases::{Belongings, Call, served_operations, usual};

/// What was never an id of anything.
const NOBODY: &str = "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b";

/// Operations that take no id, and that act for nobody's tenant.
const ID_FREE: &[&str] = &[
    "get_cache_health",
    "get_database_health",
    "get_health",
    "get_json_web_keys",
    "get_liveness",
    "get_public_config",
    "get_readiness",
    "get_storage_health",
    "get_version",
    "refresh",
    "register",
];

/// A company with a file in each space, one that failed, and a job.
struct Company {
    owner: Actor,
    own: Belongings,
    /// The ids of its files.
    files: Vec<String>,
    jobs: Vec<String>,
    /// Cursors of its lists.
    cursors: Vec<String>,
}

async fn company(service: &TestService, name: &str) -> Company {
    let owner = service.company(name).await;
    let mut files = Vec::new();
    for (path, kind) in [
        ("report.txt", "text/plain"),
        ("other.txt", "text/plain"),
        ("wrong.png", "image/png"),
    ] {
        let content = format!("%PDF-1.4 {path} of {name}");
        let kind = if path == "wrong.png" {
            kind
        } else {
            "application/pdf"
        };
        let file = owner.upload_ready(path, kind, content).await;
        files.push(file["id"].as_str().expect("an id").to_owned());
    }
    let personal = owner.request(reqwest::Method::PUT, "/api/v1/files/content");
    let personal = personal.query(&[("bucket", "users"), ("path", "diary.txt")]);
    let personal = personal.header("content-type", "text/plain");
    let personal = owner.send(personal.body(format!("diary of {name}"))).await;
    let personal = personal.expect(201).text("file_id");
    owner.processed(&personal).await;
    files.push(personal);
    owner
        .upload("report.txt", "application/pdf", format!("%PDF-1.5 {name}"))
        .await
        .expect(200);
    owner.processed(&files[0]).await;

    let mut cursors = Vec::new();
    for list in [
        "/api/v1/files?limit=1".to_owned(),
        "/api/v1/audit?limit=1".to_owned(),
        format!("/api/v1/files/{}/versions?limit=1", files[0]),
    ] {
        cursors.push(owner.get(&list).await.expect(200).text("next_cursor"));
    }
    let jobs = service.jobs_of(&owner).await;
    let own = Belongings {
        file: files[0].clone(),
        path: "report.txt".to_owned(),
        job: jobs.first().expect("a job").clone(),
        user: owner.user_id.clone(),
        tenant: owner.tenant_id.clone(),
    };
    Company {
        owner,
        own,
        files,
        jobs,
        cursors,
    }
}

/// One value of a call replaced by the victim's, and by one of nobody's.
struct Trial {
    name: String,
    foreign: Call,
    unknown: Call,
}

fn trials(operation: &Operation, attacker: &Company, victim: &Company) -> Vec<Trial> {
    let usual = usual(operation, &attacker.own);
    let mut places = operation.parameters.clone();
    places.extend(operation.body_fields.clone());
    if operation.is_secured || operation.id == "login" {
        places.push(Parameter {
            place: "header".to_owned(),
            name: "X-Tenant-ID".to_owned(),
            is_id: true,
        });
    }
    let mut trials = Vec::new();
    for Parameter { place, name, is_id } in places {
        let mut add = |base: &Call, foreign: &str, unknown: &str| {
            trials.push(Trial {
                name: format!("{} {place} {name}={foreign}", operation.id),
                foreign: base.with(&place, &name, foreign),
                unknown: base.with(&place, &name, unknown),
            });
        };
        match name.as_str() {
            "file_id" => victim.files.iter().for_each(|id| add(&usual, id, NOBODY)),
            "job_id" => victim.jobs.iter().for_each(|id| add(&usual, id, NOBODY)),
            "tenant_id" | "X-Tenant-ID" => add(&usual, &victim.own.tenant, NOBODY),
            "tenant" => {
                add(&usual, &victim.own.tenant, NOBODY);
                add(&usual, "victim", "nowhere");
            }
            "owner_id" | "actor" => add(&usual, &victim.own.user, NOBODY),
            "bucket_id" => {
                for (bucket, id) in [
                    ("companies", &victim.own.tenant),
                    ("users", &victim.own.user),
                    ("projects", &victim.own.tenant),
                ] {
                    let bucket_place = if place == "body" { "body" } else { "query" };
                    add(&usual.with(bucket_place, "bucket", bucket), id, NOBODY);
                }
            }
            "cursor" => victim
                .cursors
                .iter()
                .for_each(|cursor| add(&usual, cursor, "bm90aGluZw")),
            other => assert!(!is_id, "{} has no case for {other}", operation.id),
        }
    }
    trials
}

#[tokio::test]
async fn a_foreign_id_answers_like_one_that_never_existed() {
    let mut service = TestService::start().await;
    let mut attacker = company(&service, "attacker").await;
    let mut victim = company(&service, "victim").await;
    let people = [attacker.owner.clone(), victim.owner.clone()];
    // From here on nothing happens in the background.
    service
        .restart(&[("TENANTRY_WORKER__INLINE", "false")])
        .await;
    for (company, person) in [&mut attacker, &mut victim].into_iter().zip(people) {
        company.owner = person.at(service.base());
    }
    let rows = service.rows(&[&attacker.owner]).await;
    let bare = |text: &str| text.replace('-', "").to_uppercase();
    let mentioned = bare(&victim.own.tenant);
    let theirs = rows.iter().filter(|row| bare(row).contains(&mentioned));
    let theirs = theirs.count();
    assert!(theirs > 20, "the victim has {theirs} rows to look at");
    let stored = service.stored(&victim.owner).await;
    assert!(stored.len() >= 4, "the victim has bytes to look at");

    let operations = served_operations(&attacker.owner).await;
    let mut tried = BTreeSet::new();
    let mut cases = 0;
    let mut wrong = Vec::new();
    for operation in &operations {
        let trials = trials(operation, &attacker, &victim);
        let declared = ID_FREE.contains(&operation.id.as_str());
        assert_eq!(trials.is_empty(), declared, "{} has no case", operation.id);
        tried.insert(operation.id.clone());
        for trial in trials {
            let caller = &attacker.owner;
            let caller = if operation.is_secured {
                caller.clone()
            } else {
                caller.with_token(None)
            };
            let foreign = caller.send(trial.foreign.request(&caller)).await.essence();
            let unknown = caller.send(trial.unknown.request(&caller)).await.essence();
            if foreign != unknown {
                wrong.push(format!("{}: {foreign:?} is not {unknown:?}", trial.name));
            }
            cases += 1;
        }
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(tried.len(), operations.len(), "two operations of one id");
    let after = service.rows(&[&attacker.owner]).await;
    let changed: Vec<_> = rows.symmetric_difference(&after).collect();
    assert!(changed.is_empty(), "{changed:#?}");
    assert_eq!(service.stored(&victim.owner).await, stored);
    record_count(env!("CARGO_TARGET_TMPDIR"), "operations", operations.len());
    record_count(env!("CARGO_TARGET_TMPDIR"), "isolation", cases);
}
