//! Ids of another company do not work anywhere. Every operation of the served
//! document is called with every id it takes, with the victim's and with an
//! unknown one. Both responses must be equal, and the victim's data unchanged.

use std::collections::BTreeSet;

use tenantry_tests::harness::{Actor, Operation, Parameter, TestService, record_count};

use crate::cases::{Call, Resources, served_operations, valid_call};

/// An id that does not exist.
const UNKNOWN: &str = "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b";

/// Operations that take no id and depend on no tenant.
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

/// A company with two resources of each kind, files in each space, and one file
/// that failed.
struct Company {
    owner: Actor,
    own: Resources,
    /// Cursors of the lists.
    cursors: Vec<String>,
}

async fn company(service: &TestService, name: &str) -> Company {
    let owner = service.company(name).await;
    let mut own = Resources::create(service, &owner, "report.txt").await;
    for (name, ids) in Resources::create(service, &owner, "other.txt").await.ids {
        own.extend(name, ids);
    }
    let wrong = owner
        .upload_ready("wrong.png", "image/png", "%PDF-1.4")
        .await;
    let personal = owner.request(reqwest::Method::PUT, "/api/v1/files/content");
    let personal = personal.query(&[("bucket", "users"), ("path", "diary.txt")]);
    let personal = personal.header("content-type", "text/plain");
    let personal = owner.send(personal.body(format!("diary of {name}"))).await;
    let personal = personal.expect(201).text("file_id");
    owner.processed(&personal).await;
    let wrong = wrong["id"].as_str().expect("an id").to_owned();
    own.extend("file_id", [wrong, personal]);
    owner
        .upload("report.txt", "application/pdf", format!("%PDF-1.5 {name}"))
        .await
        .expect(200);
    owner.processed(&own.ids["file_id"][0]).await;
    own.extend("job_id", service.jobs_of(&owner).await);

    let mut cursors = Vec::new();
    for operation in served_operations(&owner).await {
        let mut parameters = operation.parameters.iter();
        if parameters.any(|parameter| parameter.name == "cursor") {
            let first = valid_call(&operation, &own).with("query", "limit", "1");
            let page = owner.send(first.request(&owner)).await.expect(200);
            cursors.push(page.text("next_cursor"));
        }
    }
    Company {
        owner,
        own,
        cursors,
    }
}

/// A call with one value replaced by the victim's, and by an unknown one.
struct Trial {
    name: String,
    foreign: Call,
    unknown: Call,
}

fn trials(operation: &Operation, attacker: &Company, victim: &Company) -> Vec<Trial> {
    let valid_call = valid_call(operation, &attacker.own);
    let (tenant, user) = (&victim.owner.tenant_id, &victim.owner.user_id);
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
            "X-Tenant-ID" => add(&valid_call, tenant, UNKNOWN),
            "tenant" => {
                add(&valid_call, tenant, UNKNOWN);
                add(&valid_call, "victim", "nowhere");
            }
            "owner_id" | "actor" => add(&valid_call, user, UNKNOWN),
            "bucket_id" => {
                for (bucket, id) in [("companies", tenant), ("users", user), ("projects", tenant)] {
                    let bucket_place = if place == "body" { "body" } else { "query" };
                    add(
                        &valid_call.with(bucket_place, "bucket", bucket),
                        id,
                        UNKNOWN,
                    );
                }
            }
            "cursor" => victim
                .cursors
                .iter()
                .for_each(|cursor| add(&valid_call, cursor, "bm90aGluZw")),
            name => match victim.own.ids.get(name) {
                Some(ids) => ids.iter().for_each(|id| add(&valid_call, id, UNKNOWN)),
                None => assert!(!is_id, "{} has no case for {name}", operation.id),
            },
        }
    }
    trials
}

#[tokio::test]
async fn foreign_ids_are_indistinguishable_from_unknown_ids() {
    let mut service = TestService::start().await;
    let mut attacker = company(&service, "attacker").await;
    let mut victim = company(&service, "victim").await;
    let people = [attacker.owner.clone(), victim.owner.clone()];
    // No background work after this.
    service
        .restart(&[("TENANTRY_WORKER__INLINE", "false")])
        .await;
    for (company, person) in [&mut attacker, &mut victim].into_iter().zip(people) {
        company.owner = person.at(service.base());
    }
    let rows = service.rows(&[&attacker.owner]).await;
    let bare = |text: &str| text.replace('-', "").to_uppercase();
    let mentioned = bare(&victim.owner.tenant_id);
    let victim_rows = rows.iter().filter(|row| bare(row).contains(&mentioned));
    let victim_rows = victim_rows.count();
    assert!(victim_rows > 20, "the victim has only {victim_rows} rows");
    let stored = service.stored(&victim.owner).await;
    assert!(stored.len() >= 4, "the victim has too few blobs");

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
            let foreign = caller
                .send(trial.foreign.request(&caller))
                .await
                .without_request_id();
            let unknown = caller
                .send(trial.unknown.request(&caller))
                .await
                .without_request_id();
            if foreign != unknown || foreign.0 >= 500 {
                wrong.push(format!("{}: {foreign:?} is not {unknown:?}", trial.name));
            }
            cases += 1;
        }
    }

    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(
        tried.len(),
        operations.len(),
        "operation ids are not unique"
    );
    let after = service.rows(&[&attacker.owner]).await;
    let changed: Vec<_> = rows.symmetric_difference(&after).collect();
    assert!(changed.is_empty(), "{changed:#?}");
    assert_eq!(service.stored(&victim.owner).await, stored);
    record_count(env!("CARGO_TARGET_TMPDIR"), "operations", operations.len());
    record_count(env!("CARGO_TARGET_TMPDIR"), "isolation", cases);
}
