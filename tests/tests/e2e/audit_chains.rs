//! Audit chains of a database that someone changes past the service: forged
//! rows, changed fields, removed entries.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde_json::json;
use tenantry_application::{
    Services,
    audit::{ChainSealer, HeadMismatch, HeadPublisher, audit_heads, check_head},
    upkeep::{Finding, fsck},
};
use tenantry_domain::{
    audit::PublishedHead,
    id::{AuditId, TenantId},
};
use tenantry_store::schema::{DataType, TableInfo};
use tenantry_tests::harness::{
    Actor, Cell, Providers, Section, Settings, Tampering, TestService, providers::provider,
};
use uuid::Uuid;

use crate::thread_log::Log;

/// Entries stay unsealed until a test seals them.
const SETTINGS: Settings<'static> = &[("TENANTRY_WORKER__INLINE", "false")];

macro_rules! on {
    ($($name:ident: $kind:literal;)+) => {$(
        mod $name {
            #[tokio::test]
            async fn forged_rows_are_never_sealed() {
                super::forged_rows_are_never_sealed($kind).await;
            }

            #[tokio::test]
            async fn every_changed_field_is_reported() {
                super::every_changed_field_is_reported($kind).await;
            }

            #[tokio::test]
            async fn claimed_places_are_reported() {
                super::claimed_places_are_reported($kind).await;
            }

            #[tokio::test]
            async fn truncated_chains_lack_their_published_heads() {
                super::truncated_chains_lack_their_published_heads($kind).await;
            }
        }
    )+};
}
on! {
    sqlite: "sqlite";
    postgres: "postgres";
    mongodb: "mongodb";
}

async fn start(kind: &str) -> TestService {
    let providers = Providers {
        database: provider(Section::Database, kind),
        ..Providers::embedded()
    };
    TestService::within(providers, SETTINGS).await
}

fn log() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

fn id(text: &str) -> Uuid {
    text.parse().expect("an id")
}

/// Returns an id that no row has.
fn unused_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(NEXT.fetch_add(1, Relaxed).into())
}

fn tenant(actor: &Actor) -> TenantId {
    TenantId::from_uuid(id(&actor.tenant_id))
}

/// Makes a change and returns the id of its audit entry.
async fn recorded(actor: &Actor) -> Uuid {
    let name = unused_id().to_string();
    let body = json!({ "name": name });
    actor.post("/api/v1/projects", &body).await.expect(201);
    let query = "/api/v1/audit?action=project.create&limit=100";
    let entries = actor.get(query).await.expect(200).json();
    let entries = entries["items"].as_array().expect("items");
    let mut entries = entries.iter();
    let entry = entries.find(|entry| entry["detail"]["name"] == name.as_str());
    id(entry.expect("an entry")["id"].as_str().expect("an id"))
}

async fn seal(services: &Services) -> u64 {
    let sealed = ChainSealer::default().run(services).await;
    sealed.expect("sealed")
}

async fn findings(services: &Services) -> Vec<Finding> {
    fsck(services, false).await.expect("a report").findings
}

fn untagged(tenant: TenantId, entry: Uuid) -> Finding {
    Finding::AuditUntagged {
        tenant: Some(tenant),
        entry: AuditId::from_uuid(entry),
    }
}

fn sorted(mut findings: Vec<Finding>) -> Vec<String> {
    findings.sort_by_key(ToString::to_string);
    findings.iter().map(ToString::to_string).collect()
}

async fn forged_rows_are_never_sealed(kind: &str) {
    let service = start(kind).await;
    let alice = service.company("acme").await;
    let services = service.services();
    let genuine = recorded(&alice).await;
    let mut forged = Vec::new();
    for tag in [None, Some(Cell::Null), Some(Cell::Bytes(vec![7]))] {
        let copy = unused_id();
        let change = Tampering::Copy {
            entry: genuine,
            id: copy,
        };
        service.tamper(&change).await;
        let change = tag.map(|value| Tampering::Set {
            entry: copy,
            column: "tag",
            value,
        });
        if let Some(change) = change {
            service.tamper(&change).await;
        }
        // Before all genuine entries.
        let change = Tampering::Set {
            entry: copy,
            column: "at",
            value: Cell::Integer(0),
        };
        service.tamper(&change).await;
        forged.push(untagged(tenant(&alice), copy));
    }

    let (log, _guard) = log();
    let mut sealer = ChainSealer::default();
    assert!(sealer.run(services).await.expect("sealed") > 0);
    // The sealed entries include those after the forged rows.
    let later = recorded(&alice).await;
    assert_eq!(sealer.run(services).await.expect("sealed"), 1);
    assert_eq!(sealer.run(services).await.expect("sealed"), 0);
    let report = "audit entries without a valid tag are not sealed";
    assert_eq!(log.text().matches(report).count(), 1, "{}", log.text());
    assert!(log.text().contains("ERROR"), "{}", log.text());
    assert!(log.text().contains("count=3"), "{}", log.text());
    assert_eq!(sorted(findings(services).await), sorted(forged.clone()));

    let tag = |value| Tampering::Set {
        entry: later,
        column: "tag",
        value,
    };
    service.tamper(&tag(Cell::Bytes(vec![7; 32]))).await;
    let broken = |finding: &Finding| matches!(finding, Finding::AuditBroken { .. });
    assert!(findings(services).await.iter().any(broken));
    // Earlier versions sealed entries without a tag.
    service.tamper(&tag(Cell::Null)).await;
    assert_eq!(sorted(findings(services).await), sorted(forged));
}

async fn every_changed_field_is_reported(kind: &str) {
    let service = start(kind).await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let services = service.services();
    let tables = TableInfo::all();
    let table = tables.iter().find(|table| table.name == "audit_entries");
    let mut expected = Vec::new();
    for column in &table.expect("the table").columns {
        let entry = recorded(&alice).await;
        let other = unused_id();
        let value = match (column.name, column.data_type) {
            ("chain_id", _) => Cell::Id(id(&bob.tenant_id)),
            ("detail", _) => Cell::Object("name", "forged"),
            (_, DataType::Id) => Cell::Id(other),
            (_, DataType::Text) => Cell::Text("forged"),
            (_, DataType::Integer) => Cell::Integer(7_000_000),
            (_, DataType::Bytes) => Cell::Bytes(vec![7; 32]),
            (_, DataType::Flag) => panic!("no value for {column:?}"),
        };
        let change = Tampering::Set {
            entry,
            column: column.name,
            value,
        };
        service.tamper(&change).await;
        match column.name {
            // Sealing overwrites the hash.
            "hash" => {}
            "sequence" => expected.push(None),
            "id" => expected.push(Some(untagged(tenant(&alice), other))),
            "chain_id" => expected.push(Some(untagged(tenant(&bob), entry))),
            _ => expected.push(Some(untagged(tenant(&alice), entry))),
        }
    }
    assert!(expected.len() > 8, "{expected:?}");
    seal(services).await;
    let head = services.store.audit_chains().head(Some(tenant(&alice)));
    let broken = Finding::AuditBroken {
        tenant: Some(tenant(&alice)),
        sequence: head.await.expect("a head").sequence + 1,
    };
    let expected = expected.into_iter().map(|it| it.unwrap_or(broken.clone()));
    let found = sorted(findings(services).await);
    assert_eq!(found, sorted(expected.collect()));
}

async fn claimed_places_are_reported(kind: &str) {
    let service = start(kind).await;
    let services = service.services();
    for (name, sequence) in [("a", -1), ("b", 0), ("c", 1), ("d", 1_000_000)] {
        let owner = service.company(&format!("acme-{name}")).await;
        let entry = recorded(&owner).await;
        let copy = unused_id();
        seal(services).await;
        assert_eq!(findings(services).await, []);
        service.tamper(&Tampering::Copy { entry, id: copy }).await;
        let set = |sequence| Tampering::Set {
            entry: copy,
            column: "sequence",
            value: Cell::Integer(sequence),
        };
        service.tamper(&set(sequence)).await;
        let found = findings(services).await;
        let is_reported = |finding: &Finding| match finding {
            Finding::AuditSurplus { tenant: of, rows } => {
                sequence < 1 && *of == Some(tenant(&owner)) && *rows == 1
            }
            Finding::AuditBroken { tenant: of, .. } => sequence >= 1 && *of == Some(tenant(&owner)),
            _ => false,
        };
        assert!(matches!(&found[..], [it] if is_reported(it)), "{found:?}");
        // The list shows the row, as it is part of the log.
        owner.get("/api/v1/audit").await.expect(200);
        // Removes the finding for the next case.
        let unseal = Tampering::Set {
            entry: copy,
            column: "chain_id",
            value: Cell::Id(unused_id()),
        };
        service.tamper(&unseal).await;
    }
}

async fn head_of(services: &Services, owner: &Actor) -> PublishedHead {
    let heads = audit_heads(services).await.expect("heads");
    let mut heads = heads.into_iter();
    let head = heads.find(|head| head.tenant_id == Some(tenant(owner)));
    let head = head.expect("a head");
    // As an operator passes it on.
    PublishedHead::parse(&head.to_string()).expect("a head")
}

async fn truncated_chains_lack_their_published_heads(kind: &str) {
    let service = start(kind).await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let services = service.services();
    let (log, _guard) = log();
    let mut publisher = HeadPublisher::default();
    let first = head_of(services, &alice).await;
    recorded(&alice).await;
    recorded(&alice).await;
    recorded(&bob).await;
    let last = head_of(services, &alice).await;
    let of_bob = head_of(services, &bob).await;
    let count = audit_heads(services).await.expect("heads").len() as u64;
    assert_eq!(publisher.run(services).await.expect("published"), count);
    for head in [last, of_bob] {
        let line = format!("audit head {head}");
        assert_eq!(log.text().matches(&line).count(), 1, "{}", log.text());
    }
    assert_eq!(publisher.run(services).await.expect("published"), 0);
    for head in [first, last, of_bob] {
        assert_eq!(check_head(services, head).await.expect("checked"), None);
    }

    let keep = i64::try_from(last.head.sequence).expect("a number") - 1;
    let chain = id(&alice.tenant_id);
    service.tamper(&Tampering::Truncate { chain, keep }).await;
    // The chain is intact in itself.
    assert_eq!(findings(services).await, []);
    let truncated = HeadMismatch::Truncated {
        published: last,
        ends_at: keep.unsigned_abs(),
    };
    let checked = check_head(services, last).await.expect("checked");
    assert_eq!(checked, Some(truncated));
    assert_eq!(check_head(services, first).await.expect("checked"), None);
    assert_eq!(check_head(services, of_bob).await.expect("checked"), None);
    assert!(!log.text().contains("ERROR"), "{}", log.text());
    assert_eq!(publisher.run(services).await.expect("published"), 1);
    let report = "an audit chain ends before its published head";
    assert!(log.text().contains(report), "{}", log.text());

    // Entries in the place of the removed ones.
    recorded(&alice).await;
    recorded(&alice).await;
    seal(services).await;
    assert_eq!(findings(services).await, []);
    let checked = check_head(services, last).await.expect("checked");
    assert_eq!(checked, Some(HeadMismatch::Rewritten(last)));
    assert_eq!(check_head(services, first).await.expect("checked"), None);
}
