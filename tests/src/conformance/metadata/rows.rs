//! Writes of rows of every kind: absent rows are missing, changed ones stale,
//! present ones duplicates.

use tenantry_application::{
    ports::{Refusal, UniqueKey},
    work::Entity,
};
use tenantry_domain::Revision;
use tenantry_store::{Claim, claims};

use super::{
    kinds::{Sampled, Verb, each_kind},
    table::{Table, mixed},
    world::World,
};

pub(super) async fn every_kind_has_a_lifecycle(world: &World) {
    let acme = world.company("Acme").await;
    each_kind!(T => {
        for table in Table::<T>::all(world, &acme) {
            live(&table).await;
        }
    });
}

async fn live<T: Sampled>(table: &Table<'_, T>) {
    let missing = Err(Refusal::Missing(<T as Entity>::KIND));
    let stale = Err(Refusal::Stale(<T as Entity>::KIND));
    let taken = Err(Refusal::Duplicate(UniqueKey::Id(<T as Entity>::KIND)));
    let first = table.sample();
    let mut second = table.sample_with_id(&first);
    assert_ne!(first, second, "{table}: the samples are equal");

    assert_eq!(table.read(&first).await, None, "{table}");
    for verb in [Verb::Update, Verb::Remove] {
        assert_eq!(
            table.commit(verb, &first).await,
            missing,
            "{table}: {verb:?}"
        );
    }

    assert_eq!(table.commit(Verb::Add, &first).await, Ok(()), "{table}");
    assert_eq!(table.read(&first).await.as_ref(), Some(&first), "{table}");
    for row in [&first, &second] {
        assert_eq!(table.commit(Verb::Add, row).await, taken, "{table}");
    }
    assert_eq!(table.read(&first).await.as_ref(), Some(&first), "{table}");

    assert_eq!(table.commit(Verb::Update, &second).await, Ok(()), "{table}");
    second.set_revision(Revision::new(2));
    assert_eq!(table.read(&second).await.as_ref(), Some(&second), "{table}");
    for verb in [Verb::Update, Verb::Remove] {
        assert_eq!(table.commit(verb, &first).await, stale, "{table}: {verb:?}");
    }

    assert_eq!(table.commit(Verb::Remove, &second).await, Ok(()), "{table}");
    assert_eq!(table.read(&second).await, None, "{table}");
    for verb in [Verb::Update, Verb::Remove] {
        assert_eq!(
            table.commit(verb, &second).await,
            missing,
            "{table}: {verb:?}"
        );
    }

    // A removed row leaves nothing that conflicts.
    assert_eq!(table.commit(Verb::Add, &second).await, Ok(()), "{table}");
    second.set_revision(Revision::FIRST);
    assert_eq!(table.read(&second).await, Some(second), "{table}");
}

pub(super) async fn a_stale_write_changes_nothing(world: &World) {
    let acme = world.company("Acme").await;
    each_kind!(T => {
        for table in Table::<T>::all(world, &acme) {
            go_stale(&table).await;
        }
    });
}

async fn go_stale<T: Sampled>(table: &Table<'_, T>) {
    let mut row = table.sample();
    let (mut late, other) = (table.sample_with_id(&row), table.sample());
    assert_eq!(table.commit(Verb::Add, &row).await, Ok(()), "{table}");
    assert_eq!(table.commit(Verb::Update, &row).await, Ok(()), "{table}");
    row.set_revision(Revision::new(2));
    for revision in [1, 3] {
        late.set_revision(Revision::new(revision));
        for verb in [Verb::Update, Verb::Remove] {
            let outcome = table
                .commit_all(&[(verb, &late), (Verb::Add, &other)])
                .await;
            let stale = Err(Refusal::Stale(<T as Entity>::KIND));
            assert_eq!(outcome, stale, "{table}: {verb:?} of revision {revision}");
            assert_eq!(
                table.read(&row).await.as_ref(),
                Some(&row),
                "{table}: {verb:?}"
            );
            assert_eq!(table.read(&other).await, None, "{table}: {verb:?}");
        }
    }
}

pub(super) async fn every_unique_key_is_unique(world: &World) {
    let acme = world.company("Acme").await;
    each_kind!(T => {
        for table in Table::<T>::all(world, &acme) {
            collide(&table).await;
        }
    });
}

async fn collide<T: Sampled>(table: &Table<'_, T>) {
    for key in T::UNIQUE.iter().map(|unique| unique.key) {
        let duplicate = Err(Refusal::Duplicate(key));
        let (holder, row, other) = (table.sample(), table.sample(), table.sample());
        let held = claim(&holder, key);
        assert!(held.is_some(), "{table}: the sample does not hold {key}");
        let both = [(Verb::Add, &holder), (Verb::Add, &row)];
        assert_eq!(table.commit_all(&both).await, Ok(()), "{table}");

        let added = mixed(&holder, &other, |row| claim(row, key) == held);
        let outcome = table.commit(Verb::Add, &added).await;
        assert_eq!(outcome, duplicate, "{table}");
        assert_ne!(table.read(&added).await, Some(added), "{table}: {key}");

        let mut updated = mixed(&holder, &row, |row| claim(row, key) == held);
        let outcome = table.commit(Verb::Update, &updated).await;
        assert_eq!(outcome, duplicate, "{table}");
        for row in [&holder, &row] {
            assert_eq!(table.read(row).await.as_ref(), Some(row), "{table}: {key}");
        }

        // The removal of a row releases its keys for the same unit.
        let both = [(Verb::Update, &updated), (Verb::Remove, &holder)];
        assert_eq!(table.commit_all(&both).await, Ok(()), "{table}: {key}");
        updated.set_revision(Revision::new(2));
        assert_eq!(table.read(&updated).await, Some(updated), "{table}: {key}");
    }
}

fn claim<T: Sampled>(row: &T, key: UniqueKey) -> Option<Claim> {
    claims(row).into_iter().find(|claim| claim.key == key)
}
