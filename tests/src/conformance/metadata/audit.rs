//! Audit entries: storage and lists.

use std::collections::BTreeMap;

use tenantry_application::{
    ports::{AuditLog, AuditPosition, AuditQuery, PortErrorKind, Refusal, UniqueKey},
    work::Kind,
};
use tenantry_domain::audit::{Actor, AuditEntry, ChainHead};

use super::world::{Outcome, ReadOutcome, World};
use crate::conformance::samples::at;

fn all() -> AuditQuery {
    AuditQuery {
        actor: None,
        action: None,
        from: None,
        to: None,
        after: None,
        limit: 100,
    }
}

async fn actions(log: &dyn AuditLog, query: AuditQuery) -> Vec<String> {
    let entries = log.list(&query).await.value();
    entries.into_iter().map(|entry| entry.action).collect()
}

pub(super) async fn an_empty_chain_has_no_entries(world: &World) {
    let acme = world.company("Acme").await;
    for log in [acme.store.audit(), world.store.audit()] {
        assert_eq!(log.list(&all()).await.value(), []);
        assert_eq!(log.unsealed(None, 10).await.value(), []);
        assert_eq!(log.head().await.value(), ChainHead::EMPTY);
        assert_eq!(log.sealed_after(0, 10).await.value(), []);
        assert_eq!(log.count_sealed(10).await.value(), 0);
    }
    let chains = world.store.audit_chains();
    assert_eq!(chains.list(None, 10).await.value(), []);
    for chain in [None, Some(acme.id)] {
        assert_eq!(chains.head(chain).await.value(), ChainHead::EMPTY);
        assert_eq!(chains.hash_at(chain, 1).await.value(), None);
    }
}

pub(super) async fn every_field_is_stored(world: &World) {
    let acme = world.company("Acme").await;
    let plain = world.samples.entry(Some(acme.id), "file.delete");
    let detail = [
        ("Ünï.$'key", "履歴書 \"x\" \\ \n"),
        ("empty", ""),
        ("", "empty"),
    ];
    let detail = detail.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let complete = AuditEntry {
        actor: Actor::Person(world.samples.user()),
        subject_kind: "Ünï".to_owned(),
        subject_id: "'; --".to_owned(),
        at: at(1),
        request_id: Some("req-履".to_owned()),
        detail: BTreeMap::from(detail),
        tag: Some(vec![0, 255, 7]),
        ..world.samples.entry(Some(acme.id), "file.ünï")
    };
    acme.commit(|work| {
        work.audit(plain.clone());
        work.audit(complete.clone());
    })
    .await
    .done();
    let stored = acme.store.audit().list(&all()).await.value();
    assert_eq!(stored, [complete, plain]);
}

pub(super) async fn an_entry_without_a_tag_is_not_recorded(world: &World) {
    let acme = world.company("Acme").await;
    for chain in [Some(acme.id), None] {
        let entry = AuditEntry {
            tag: None,
            ..world.samples.entry(chain, "file.delete")
        };
        let outcome = match chain {
            Some(_) => acme.commit(|work| work.audit(entry)).await,
            None => world.commit(|work| work.audit(entry)).await,
        };
        assert_eq!(outcome.failure(), PortErrorKind::Internal);
    }
    assert_eq!(acme.store.audit().list(&all()).await.value(), []);
    assert_eq!(world.store.audit().list(&all()).await.value(), []);
}

pub(super) async fn ids_are_unique(world: &World) {
    let acme = world.company("Acme").await;
    let entry = world.samples.entry(Some(acme.id), "file.delete");
    acme.commit(|work| work.audit(entry.clone())).await.done();
    let again = AuditEntry {
        action: "file.other".to_owned(),
        ..entry.clone()
    };
    let refusal = acme.commit(|work| work.audit(again)).await.refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::Id(Kind::Audit)));
    assert_eq!(acme.store.audit().list(&all()).await.value(), [entry]);
}

pub(super) async fn the_platform_has_a_separate_chain(world: &World) {
    let acme = world.company("Acme").await;
    let ours = world.samples.entry(Some(acme.id), "tenant.rename");
    let platform = world.samples.entry(None, "tenant.create");
    // A platform unit can write to both chains.
    world
        .commit(|work| {
            work.audit(ours.clone());
            work.audit(platform.clone());
        })
        .await
        .done();
    assert_eq!(acme.store.audit().list(&all()).await.value(), [ours]);
    assert_eq!(world.store.audit().list(&all()).await.value(), [platform]);
}

pub(super) async fn filters_select_matching_entries(world: &World) {
    let acme = world.company("Acme").await;
    let (ann, bob) = (world.samples.user(), world.samples.user());
    let made = [
        ("a.one", Actor::Person(ann), 1),
        ("a.two", Actor::Person(bob), 2),
        ("a.one", Actor::System, 3),
        ("a_one", Actor::Person(ann), 4),
    ];
    let entries = made.map(|(action, actor, seconds)| AuditEntry {
        actor,
        at: at(seconds),
        ..world.samples.entry(Some(acme.id), action)
    });
    acme.commit(|work| entries.into_iter().for_each(|entry| work.audit(entry)))
        .await
        .done();
    let log = acme.store.audit();
    let list = async |query| actions(log, query).await.join(" ");
    assert_eq!(list(all()).await, "a_one a.one a.two a.one");
    assert_eq!(
        list(AuditQuery {
            actor: Some(ann),
            ..all()
        })
        .await,
        "a_one a.one"
    );
    let one = Some("a.one".to_owned());
    assert_eq!(
        list(AuditQuery {
            action: one.clone(),
            ..all()
        })
        .await,
        "a.one a.one"
    );
    assert_eq!(
        list(AuditQuery {
            from: Some(at(2)),
            ..all()
        })
        .await,
        "a_one a.one a.two"
    );
    assert_eq!(
        list(AuditQuery {
            to: Some(at(2)),
            ..all()
        })
        .await,
        "a.one"
    );
    let both = AuditQuery {
        from: Some(at(2)),
        to: Some(at(4)),
        ..all()
    };
    assert_eq!(list(both).await, "a.one a.two");
    let anns = AuditQuery {
        actor: Some(ann),
        action: one,
        ..all()
    };
    assert_eq!(list(anns).await, "a.one");
}

pub(super) async fn pages_list_all_entries_newest_first(world: &World) {
    let acme = world.company("Acme").await;
    let mut entries: Vec<_> = (0..20)
        .map(|n| AuditEntry {
            at: at(n % 4),
            ..world.samples.entry(Some(acme.id), "a.b")
        })
        .collect();
    acme.commit(|work| entries.iter().for_each(|entry| work.audit(entry.clone())))
        .await
        .done();
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
    let mut query = AuditQuery { limit: 3, ..all() };
    let mut seen = Vec::new();
    loop {
        let page = acme.store.audit().list(&query).await.value();
        let Some(last) = page.last() else { break };
        query.after = Some(AuditPosition::of(last));
        seen.extend(page);
        assert!(seen.len() < 1000, "the pages do not end");
        // Entries added meanwhile are newer than any remaining page.
        let newer = AuditEntry {
            at: at(100),
            ..world.samples.entry(Some(acme.id), "a.new")
        };
        acme.commit(|work| work.audit(newer)).await.done();
    }
    assert_eq!(seen, entries);
}
