//! Adding, updating and removing rows of every kind: absent rows are missing,
//! changed ones stale, present ones duplicates.

use tenantry_application::{
    ports::{CommitError, Refusal, UniqueKey},
    work::Entity,
};
use tenantry_domain::Revision;

use super::world::{Outcome, ReadOutcome, World};
use crate::conformance::samples::{NOW, digest};

#[derive(Debug, Clone, Copy)]
enum Verb {
    Add,
    Update,
    Remove,
}

macro_rules! record {
    ($verb:expr, $rows:expr, $row:expr) => {
        match $verb {
            Verb::Add => $rows.add($row),
            Verb::Update => $rows.update($row),
            Verb::Remove => $rows.remove($row),
        }
    };
}

/// Walks a row through its lifecycle, with functions to commit and to read rows
/// of its kind.
async fn life<T: Entity + PartialEq + std::fmt::Debug>(
    first: T,
    commit: impl AsyncFn(Verb, &T) -> Result<(), CommitError>,
    read: impl AsyncFn() -> Option<T>,
) {
    let missing = Refusal::Missing(T::KIND);
    let stale = Refusal::Stale(T::KIND);
    let taken = Refusal::Duplicate(UniqueKey::Id(T::KIND));

    assert_eq!(read().await, None);
    assert_eq!(commit(Verb::Update, &first).await.refusal(), missing);
    assert_eq!(commit(Verb::Remove, &first).await.refusal(), missing);

    commit(Verb::Add, &first).await.done();
    assert_eq!(read().await.as_ref(), Some(&first));
    assert_eq!(commit(Verb::Add, &first).await.refusal(), taken);

    commit(Verb::Update, &first).await.done();
    let second = read().await.expect("the row is there");
    assert_eq!(second.revision(), Revision::new(2));
    assert_eq!(commit(Verb::Update, &first).await.refusal(), stale);
    assert_eq!(commit(Verb::Remove, &first).await.refusal(), stale);
    assert_eq!(read().await.as_ref(), Some(&second));

    commit(Verb::Remove, &second).await.done();
    assert_eq!(read().await, None);
    assert_eq!(commit(Verb::Remove, &second).await.refusal(), missing);
    assert_eq!(commit(Verb::Update, &second).await.refusal(), missing);

    // A removed row leaves nothing that conflicts.
    commit(Verb::Add, &second).await.done();
    let again = read().await.expect("the row is there");
    assert_eq!(again.revision(), Revision::FIRST);
}

pub(super) async fn of_people(world: &World) {
    let row = world.samples.person("ann@example.com");
    let id = row.id;
    life(
        row,
        async |verb, row| {
            world
                .commit(|work| record!(verb, work.identities(), row))
                .await
        },
        async || world.store.identities().lookup(id).await.value(),
    )
    .await;
}

pub(super) async fn of_tenants(world: &World) {
    let row = world.samples.tenant("Acme");
    let id = row.id;
    life(
        row,
        async |verb, row| {
            world
                .commit(|work| record!(verb, work.tenants(), row))
                .await
        },
        async || world.store.tenants().lookup(id).await.value(),
    )
    .await;
}

pub(super) async fn of_roles(world: &World) {
    let acme = world.company("Acme").await;
    let row = world.samples.role(acme.id, "Editor", &[]);
    life(
        row,
        async |verb, row| {
            world
                .commit(|work| record!(verb, work.roles(NOW), row))
                .await
        },
        async || {
            world
                .store
                .roles()
                .find_by_tenant(acme.id)
                .await
                .value()
                .pop()
        },
    )
    .await;
}

pub(super) async fn of_memberships(world: &World) {
    let acme = world.company("Acme").await;
    let user = world.samples.user();
    let row = world.samples.membership(acme.id, user, &[]);
    life(
        row,
        async |verb, row| {
            world
                .commit(|work| record!(verb, work.memberships(NOW), row))
                .await
        },
        async || {
            world
                .store
                .memberships()
                .lookup(acme.id, user)
                .await
                .value()
        },
    )
    .await;
}

pub(super) async fn of_sessions(world: &World) {
    let row = world.samples.session(world.samples.user(), None);
    let id = row.id;
    life(
        row,
        async |verb, row| {
            world
                .commit(|work| record!(verb, work.sessions(), row))
                .await
        },
        async || world.store.sessions().lookup(id).await.value(),
    )
    .await;
}

pub(super) async fn of_platform_jobs(world: &World) {
    let row = world.samples.job(None);
    let id = row.id;
    life(
        row,
        async |verb, row| {
            world
                .commit(|work| record!(verb, work.jobs(None), row))
                .await
        },
        async || world.store.jobs().lookup(id).await.value(),
    )
    .await;
}

pub(super) async fn of_tenant_jobs(world: &World) {
    let acme = world.company("Acme").await;
    let row = world.samples.job(Some(acme.id));
    let id = row.id;
    life(
        row,
        async |verb, row| acme.commit(|work| record!(verb, work.jobs(), row)).await,
        async || world.store.jobs().lookup(id).await.value(),
    )
    .await;
}

pub(super) async fn of_requests(world: &World) {
    let acme = world.company("Acme").await;
    let row = world.samples.request(Some(acme.id), "k");
    let scope = row.scope.clone();
    life(
        row,
        async |verb, row| {
            acme.commit(|work| record!(verb, work.idempotency(), row))
                .await
        },
        async || world.store.idempotency().find(&scope).await.value(),
    )
    .await;
}

pub(super) async fn of_files(world: &World) {
    let acme = world.company("Acme").await;
    let row = world.samples.file(acme.id, "a/b.txt");
    let id = row.id;
    life(
        row,
        async |verb, row| acme.commit(|work| record!(verb, work.files(), row)).await,
        async || acme.store.files().lookup(id).await.value(),
    )
    .await;
}

pub(super) async fn of_versions(world: &World) {
    let acme = world.company("Acme").await;
    let file = world.samples.file(acme.id, "a/b.txt");
    acme.commit(|work| work.files().add(&file)).await.done();
    let row = world.samples.version(acme.id, file.id, 1);
    let id = row.id;
    life(
        row,
        async |verb, row| {
            acme.commit(|work| record!(verb, work.versions(), row))
                .await
        },
        async || acme.store.versions().lookup(id).await.value(),
    )
    .await;
}

pub(super) async fn of_blobs(world: &World) {
    let acme = world.company("Acme").await;
    let row = world.samples.stored_blob(acme.id, digest(1), 10);
    let id = row.id;
    life(
        row,
        async |verb, row| acme.commit(|work| record!(verb, work.blobs(), row)).await,
        async || acme.store.blobs().lookup(id).await.value(),
    )
    .await;
}
