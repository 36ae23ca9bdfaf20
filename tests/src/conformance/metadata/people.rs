//! Identities: storage, lookups, unique keys.

use tenantry_application::ports::{Refusal, UniqueKey};
use tenantry_domain::{
    Revision, Timestamp,
    id::TenantId,
    identity::{Identity, IdentityStatus, PasswordHash},
    name::{DisplayName, Username},
};

use super::world::{Outcome, ReadOutcome, World};
use crate::conformance::samples::at;

fn username(text: &str) -> Username {
    Username::parse(text).expect("a username")
}

/// Returns an identity with all optional values.
fn complete(world: &World, email: &str) -> Identity {
    Identity {
        email_verified: true,
        username: Some(username("Ünï.Code_1")),
        display_name: Some(DisplayName::parse("Ännchen 履歴書 🗂 O'Neil").expect("a name")),
        password_hash: Some(PasswordHash::new(
            "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
        )),
        status: IdentityStatus::Deactivated,
        platform_admin: true,
        last_tenant_id: Some(TenantId::from_uuid(world.samples.id())),
        created_at: Timestamp::from_millis(-1),
        last_login_at: Some(at(1)),
        ..world.samples.person(email)
    }
}

async fn add(world: &World, person: &Identity) {
    world
        .commit(|work| work.identities().add(person))
        .await
        .done();
}

async fn read(world: &World, person: &Identity) -> Option<Identity> {
    let people = world.store.identities();
    people.lookup(person.id).await.value()
}

pub(super) async fn no_user_is_found_in_an_empty_store(world: &World) {
    let people = world.store.identities();
    assert_eq!(people.lookup(world.samples.user()).await.value(), None);
    assert_eq!(people.find_by_email("a@b.co").await.value(), None);
    assert_eq!(people.find_by_username("ann").await.value(), None);
    assert_eq!(people.emails(&[]).await.value(), []);
    assert_eq!(people.emails(&[world.samples.user()]).await.value(), []);
}

pub(super) async fn an_impossible_text_finds_no_user(world: &World) {
    add(world, &complete(world, "ann@example.com")).await;
    let people = world.store.identities();
    for text in ["\0", "ann@example.com\0", "\u{10FFFF}", "'", "%", ""] {
        let found = people.find_by_email(text).await.value();
        assert_eq!(found, None, "{text:?}");
        let found = people.find_by_username(text).await.value();
        assert_eq!(found, None, "{text:?}");
    }
}

pub(super) async fn every_field_is_stored(world: &World) {
    let plain = world.samples.person("plain@example.com");
    let complete = complete(world, "Ünï+tag@例え.jp");
    for person in [&plain, &complete] {
        add(world, person).await;
        assert_eq!(read(world, person).await.as_ref(), Some(person));
    }
}

pub(super) async fn every_field_can_be_updated(world: &World) {
    let plain = world.samples.person("plain@example.com");
    let full = complete(world, "full@example.com");
    add(world, &plain).await;
    let written = Identity {
        id: plain.id,
        ..full
    };
    world
        .commit(|work| work.identities().update(&written))
        .await
        .done();
    let stored = Identity {
        revision: Revision::new(2),
        ..written
    };
    assert_eq!(read(world, &plain).await.as_ref(), Some(&stored));
    let back = Identity {
        revision: Revision::new(2),
        ..plain.clone()
    };
    world
        .commit(|work| work.identities().update(&back))
        .await
        .done();
    let stored = Identity {
        revision: Revision::new(3),
        ..plain.clone()
    };
    assert_eq!(read(world, &plain).await, Some(stored));
}

pub(super) async fn they_are_found_by_folded_names(world: &World) {
    let mut ann = world.samples.person("Ann@Example.COM");
    ann.username = Some(username("ANN.B"));
    add(world, &ann).await;
    add(world, &world.samples.person("bob@example.com")).await;
    let people = world.store.identities();
    let by_email = people.find_by_email("ann@example.com").await.value();
    assert_eq!(by_email.as_ref(), Some(&ann));
    let by_username = people.find_by_username("ann.b").await.value();
    assert_eq!(by_username.as_ref(), Some(&ann));
    assert_eq!(people.find_by_email("Ann@Example.COM").await.value(), None);
    assert_eq!(people.find_by_email("ann@example.co_").await.value(), None);
}

pub(super) async fn addresses_are_unique_regardless_of_case(world: &World) {
    add(world, &world.samples.person("ann@example.com")).await;
    let again = world.samples.person("ANN@example.com");
    let refusal = world
        .commit(|work| work.identities().add(&again))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::IdentityEmail));
    assert_eq!(read(world, &again).await, None);
}

pub(super) async fn usernames_are_unique_regardless_of_case(world: &World) {
    let mut ann = world.samples.person("ann@example.com");
    ann.username = Some(username("ann"));
    add(world, &ann).await;
    let mut again = world.samples.person("other@example.com");
    again.username = Some(username("ＡＮＮ"));
    let refusal = world
        .commit(|work| work.identities().add(&again))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::IdentityUsername));
}

pub(super) async fn released_names_are_free_again(world: &World) {
    let mut ann = world.samples.person("ann@example.com");
    ann.username = Some(username("ann"));
    add(world, &ann).await;
    let mut heir = world.samples.person("ann@example.com");
    heir.username = Some(username("ann"));
    // In one unit, removals come before additions.
    world
        .commit(|work| {
            work.identities().add(&heir);
            work.identities().remove(&ann);
        })
        .await
        .done();
    let mut renamed = heir.clone();
    renamed.email = world.samples.person("new@example.com").email;
    renamed.username = None;
    world
        .commit(|work| work.identities().update(&renamed))
        .await
        .done();
    add(world, &ann).await;
    let found = world
        .store
        .identities()
        .find_by_username("ann")
        .await
        .value();
    assert_eq!(found, Some(ann));
}

pub(super) async fn a_thousand_addresses_are_read_in_one_call(world: &World) {
    let people: Vec<_> = (0..300)
        .map(|n| world.samples.person(&format!("p{n}@example.com")))
        .collect();
    world
        .commit(|work| {
            for person in &people {
                work.identities().add(person);
            }
        })
        .await
        .done();
    let strangers = (0..700).map(|_| world.samples.user());
    let ids: Vec<_> = people.iter().map(|p| p.id).chain(strangers).collect();
    let mut found = world.store.identities().emails(&ids).await.value();
    found.sort_by_key(|(id, _)| *id);
    let expected: Vec<_> = people.into_iter().map(|p| (p.id, p.email)).collect();
    assert_eq!(found, expected);
}
