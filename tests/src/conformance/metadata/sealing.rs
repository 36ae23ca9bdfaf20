//! Sealing audit chains: entry by entry, one sealer at a time.

use tenantry_application::{
    ports::{AuditLog, AuditPosition, Refusal, SealedEntry},
    work::{AuditSeal, Kind},
};
use tenantry_domain::{
    audit::{AuditEntry, ChainHead, PublishedHead, Seal},
    id::{AuditId, TenantId},
};

use super::world::{Company, Outcome, ReadOutcome, World};
use crate::conformance::samples::at;

/// Returns an arbitrary hash: stores do not verify hashes.
fn hash(sequence: u64) -> [u8; 32] {
    [u8::try_from(sequence).expect("a short chain"); 32]
}

fn head(sequence: u64) -> ChainHead {
    if sequence == 0 {
        return ChainHead::EMPTY;
    }
    ChainHead {
        sequence,
        hash: hash(sequence),
    }
}

/// Seals entries after the given number.
fn seal(tenant_id: Option<TenantId>, from: u64, ids: &[AuditId]) -> AuditSeal {
    let seals = (from + 1..).zip(ids);
    AuditSeal {
        tenant_id,
        from: head(from),
        seals: seals
            .map(|(sequence, id)| {
                (
                    *id,
                    Seal {
                        sequence,
                        hash: hash(sequence),
                    },
                )
            })
            .collect(),
    }
}

async fn write(world: &World, company: &Company, count: i64) -> Vec<AuditEntry> {
    let entries: Vec<_> = (0..count)
        .map(|n| AuditEntry {
            at: at(n),
            ..world.samples.entry(Some(company.id), "a.b")
        })
        .collect();
    company
        .commit(|work| entries.iter().for_each(|entry| work.audit(entry.clone())))
        .await
        .done();
    entries
}

fn ids(entries: &[AuditEntry]) -> Vec<AuditId> {
    entries.iter().map(|entry| entry.id).collect()
}

async fn sequences(log: &dyn AuditLog, after: u64, limit: u32) -> Vec<u64> {
    let sealed = log.sealed_after(after, limit).await.value();
    sealed.iter().map(|sealed| sealed.seal.sequence).collect()
}

pub(super) async fn unsealed_entries_are_listed_oldest_first(world: &World) {
    let acme = world.company("Acme").await;
    let mut entries = Vec::new();
    for seconds in [5, 1, 3, 1] {
        let entry = AuditEntry {
            at: at(seconds),
            ..world.samples.entry(Some(acme.id), "a.b")
        };
        acme.commit(|work| work.audit(entry.clone())).await.done();
        entries.push(entry);
    }
    entries.sort_by_key(|entry| (entry.at, entry.id));
    let log = acme.store.audit();
    assert_eq!(log.unsealed(None, 10).await.value(), entries);
    assert_eq!(log.unsealed(None, 3).await.value(), entries[..3]);
    for (position, entry) in (1..).zip(&entries) {
        let after = Some(AuditPosition::of(entry));
        let rest = log.unsealed(after, 10).await.value();
        assert_eq!(rest, entries[position..]);
        let next = log.unsealed(after, 1).await.value();
        assert_eq!(next, rest[..rest.len().min(1)]);
    }
}

pub(super) async fn sealing_moves_the_head(world: &World) {
    let acme = world.company("Acme").await;
    let entries = write(world, &acme, 5).await;
    let log = acme.store.audit();
    acme.commit(|work| work.seal_audit(seal(Some(acme.id), 0, &ids(&entries[..2]))))
        .await
        .done();
    assert_eq!(log.head().await.value(), head(2));
    assert_eq!(log.unsealed(None, 10).await.value(), entries[2..]);
    acme.commit(|work| work.seal_audit(seal(Some(acme.id), 2, &ids(&entries[2..]))))
        .await
        .done();
    assert_eq!(log.head().await.value(), head(5));
    assert_eq!(log.unsealed(None, 10).await.value(), []);
    let sealed = log.sealed_after(0, 10).await.value();
    let expected = (1..).zip(entries).map(|(sequence, entry)| SealedEntry {
        entry,
        seal: Seal {
            sequence,
            hash: hash(sequence),
        },
    });
    assert_eq!(sealed, expected.collect::<Vec<_>>());
    assert_eq!(sequences(log, 0, 2).await, [1, 2]);
    assert_eq!(sequences(log, 3, 10).await, [4, 5]);
    assert_eq!(sequences(log, 5, 10).await, [0; 0]);
    for (upto, count) in [(0, 0), (1, 1), (4, 4), (5, 5), (u64::MAX, 5)] {
        assert_eq!(log.count_sealed(upto).await.value(), count, "{upto}");
    }
    // Sealed entries are listed like others.
    let query = tenantry_application::ports::AuditQuery {
        actor: None,
        action: None,
        from: None,
        to: None,
        after: None,
        limit: 10,
    };
    assert_eq!(log.list(&query).await.value().len(), 5);
}

pub(super) async fn a_stale_head_is_refused(world: &World) {
    let acme = world.company("Acme").await;
    let entries = write(world, &acme, 4).await;
    let first = seal(Some(acme.id), 0, &ids(&entries[..2]));
    acme.commit(|work| work.seal_audit(first)).await.done();
    let again = seal(Some(acme.id), 0, &ids(&entries[2..]));
    let refusal = acme.commit(|work| work.seal_audit(again)).await.refusal();
    assert_eq!(refusal, Refusal::Stale(Kind::AuditChain));
    let mut forged = seal(Some(acme.id), 2, &ids(&entries[2..]));
    forged.from.hash = [0xEE; 32];
    let refusal = acme.commit(|work| work.seal_audit(forged)).await.refusal();
    assert_eq!(refusal, Refusal::Stale(Kind::AuditChain));
    let log = acme.store.audit();
    assert_eq!(log.head().await.value(), head(2));
    assert_eq!(log.unsealed(None, 10).await.value(), entries[2..]);
}

pub(super) async fn an_entry_is_sealed_once(world: &World) {
    let acme = world.company("Acme").await;
    let entries = write(world, &acme, 3).await;
    let first = seal(Some(acme.id), 0, &ids(&entries[..1]));
    acme.commit(|work| work.seal_audit(first)).await.done();
    for list in [
        ids(&entries[..1]),
        ids(&[entries[1].clone(), entries[0].clone()]),
    ] {
        let again = seal(Some(acme.id), 1, &list);
        let refusal = acme.commit(|work| work.seal_audit(again)).await.refusal();
        assert_eq!(refusal, Refusal::Missing(Kind::Audit));
    }
    let log = acme.store.audit();
    assert_eq!(log.head().await.value(), head(1));
    assert_eq!(log.unsealed(None, 10).await.value(), entries[1..]);
}

pub(super) async fn an_unknown_entry_is_missing(world: &World) {
    let acme = world.company("Acme").await;
    let mut list = ids(&write(world, &acme, 1).await);
    list.push(AuditId::from_uuid(world.samples.id()));
    let refusal = acme
        .commit(|work| work.seal_audit(seal(Some(acme.id), 0, &list)))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Missing(Kind::Audit));
    assert_eq!(acme.store.audit().head().await.value(), ChainHead::EMPTY);
}

pub(super) async fn the_chain_of_the_platform_is_sealed_separately(world: &World) {
    let acme = world.company("Acme").await;
    let theirs = write(world, &acme, 1).await;
    let ours = world.samples.entry(None, "tenant.create");
    world.commit(|work| work.audit(ours.clone())).await.done();
    let log = world.store.audit();
    let foreign = seal(None, 0, &ids(&theirs));
    let refusal = world
        .commit(|work| work.seal_audit(foreign))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Missing(Kind::Audit));
    world
        .commit(|work| work.seal_audit(seal(None, 0, &[ours.id])))
        .await
        .done();
    assert_eq!(log.head().await.value(), head(1));
    assert_eq!(log.unsealed(None, 10).await.value(), []);
    assert_eq!(sequences(log, 0, 10).await, [1]);
    assert_eq!(acme.store.audit().head().await.value(), ChainHead::EMPTY);
    assert_eq!(acme.store.audit().unsealed(None, 10).await.value(), theirs);
}

pub(super) async fn one_of_two_sealers_wins(world: &World) {
    let acme = world.company("Acme").await;
    let entries = write(world, &acme, 6).await;
    let all = seal(Some(acme.id), 0, &ids(&entries));
    let some = seal(Some(acme.id), 0, &ids(&entries[..3]));
    let (a, b) = tokio::join!(
        acme.commit(|work| work.seal_audit(all)),
        acme.commit(|work| work.seal_audit(some)),
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    let log = acme.store.audit();
    let end = log.head().await.value().sequence;
    assert_eq!(sequences(log, 0, 10).await, (1..=end).collect::<Vec<_>>());
}

pub(super) async fn the_heads_of_all_chains_are_listed(world: &World) {
    let mut companies = Vec::new();
    for name in ["Acme", "Globex", "Initech"] {
        companies.push(world.company(name).await);
    }
    companies.sort_by_key(|company| company.id);
    let mut expected = Vec::new();
    for (count, company) in (1..).zip(&companies) {
        let entries = write(world, company, count).await;
        let seal = seal(Some(company.id), 0, &ids(&entries));
        company.commit(|work| work.seal_audit(seal)).await.done();
        expected.push(PublishedHead {
            tenant_id: Some(company.id),
            head: head(count.unsigned_abs()),
        });
    }
    let chains = world.store.audit_chains();
    assert_eq!(chains.list(None, 10).await.value(), expected);
    let entry = world.samples.entry(None, "a.b");
    world.commit(|work| work.audit(entry.clone())).await.done();
    world
        .commit(|work| work.seal_audit(seal(None, 0, &[entry.id])))
        .await
        .done();
    expected.insert(
        0,
        PublishedHead {
            tenant_id: None,
            head: head(1),
        },
    );
    assert_eq!(chains.list(None, 10).await.value(), expected);
    assert_eq!(chains.list(None, 2).await.value(), expected[..2]);
    let after = expected[1].tenant_id;
    assert_eq!(chains.list(after, 10).await.value(), expected[2..]);

    // An inactive tenant keeps its chain.
    let mut suspended = world.tenant(companies[2].id).await;
    suspended.suspend(at(1)).expect("active");
    world
        .commit(|work| work.tenants().update(&suspended))
        .await
        .done();
    assert_eq!(chains.list(None, 10).await.value(), expected);
    for published in expected {
        let chain = published.tenant_id;
        let end = published.head.sequence;
        assert_eq!(chains.head(chain).await.value(), published.head);
        for sequence in 1..=end {
            let found = chains.hash_at(chain, sequence).await.value();
            assert_eq!(found, Some(hash(sequence)));
        }
        assert_eq!(chains.hash_at(chain, end + 1).await.value(), None);
    }
}
