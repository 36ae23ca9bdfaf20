//! Units of work: atomic, and refused identically by every store.

use tenantry_application::{
    ports::{EpochPosition, PortErrorKind, Refusal, UniqueKey},
    work::{Kind, TenantWork},
};
use tenantry_domain::tenant::{Tenant, TenantStatus};

use super::world::{Outcome, ROOM, ReadOutcome, World, active};
use crate::conformance::samples::{NOW, digest, path};

pub(super) async fn an_empty_unit_is_applied(world: &World) {
    let acme = world.company("Acme").await;
    world.commit(|_| ()).await.done();
    acme.commit(|_| ()).await.done();
}

pub(super) async fn the_first_failing_class_refuses(world: &World) {
    let acme = world.company("Acme").await;
    let file = world.samples.file(acme.id, "taken.txt");
    let blob = world.samples.open_blob(acme.id, 1);
    acme.commit(|work| {
        work.files().add(&file);
        work.blobs().add(&blob);
    })
    .await
    .done();
    acme.commit(|work| work.blobs().update(&blob)).await.done();
    // In canonical order the duplicate is first and the missing row last.
    let duplicate = world.samples.file(acme.id, "taken.txt");
    let missing = world.samples.version(acme.id, file.id, 1);
    let failing = |count: usize| {
        let verbs: [&dyn Fn(&mut TenantWork); 4] = [
            &|work| work.quota().reserve(u64::MAX),
            &|work| work.files().add(&duplicate),
            &|work| work.blobs().update(&blob),
            &|work| work.versions().remove(&missing),
        ];
        let mut work = acme.store.begin();
        verbs
            .into_iter()
            .take(count)
            .for_each(|verb| verb(&mut work));
        acme.store.commit(work)
    };
    failing(0).await.done();
    assert_eq!(failing(1).await.refusal(), Refusal::Quota);
    assert_eq!(
        failing(2).await.refusal(),
        Refusal::Duplicate(UniqueKey::FilePath)
    );
    assert_eq!(failing(3).await.refusal(), Refusal::Stale(Kind::Blob));
    assert_eq!(failing(4).await.refusal(), Refusal::Missing(Kind::Version));
}

pub(super) async fn a_missing_tenant_precedes_a_stale_user(world: &World) {
    let ann = world.samples.person("ann@example.com");
    world
        .commit(|work| work.identities().add(&ann))
        .await
        .done();
    world
        .commit(|work| work.identities().update(&ann))
        .await
        .done();
    let nobody = world.samples.tenant("Nobody");
    let membership = world.samples.membership(nobody.id, ann.id, &[]);
    let refusal = world
        .commit(|work| {
            work.identities().update(&ann);
            work.memberships(NOW).add(&membership);
        })
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Missing(Kind::Tenant));
}

pub(super) async fn the_first_kind_of_a_class_refuses(world: &World) {
    let acme = world.company("Acme").await;
    let file = world.samples.file(acme.id, "a.txt");
    let blob = world.samples.open_blob(acme.id, 1);
    let both = |work: &mut TenantWork| {
        work.blobs().update(&blob);
        work.files().update(&file);
    };
    assert_eq!(
        acme.commit(both).await.refusal(),
        Refusal::Missing(Kind::File)
    );
    acme.commit(|work| {
        work.blobs().add(&blob);
        work.files().add(&file);
    })
    .await
    .done();
    acme.commit(both).await.done();
    assert_eq!(
        acme.commit(both).await.refusal(),
        Refusal::Stale(Kind::File)
    );
}

pub(super) async fn nothing_of_a_refused_unit_is_visible(world: &World) {
    let acme = world.company_with_room("Acme", 10).await;
    let old = world.samples.file(acme.id, "old.txt");
    let gone = world.samples.file(acme.id, "gone.txt");
    acme.commit(|work| {
        work.files().add(&old);
        work.files().add(&gone);
    })
    .await
    .done();
    let new = world.samples.file(acme.id, "new.txt");
    let blob = world.samples.stored_blob(acme.id, digest(1), 5);
    let version = world.samples.version(acme.id, new.id, 1);
    let job = world.samples.job(Some(acme.id));
    let entry = world.samples.entry(Some(acme.id), "file.upload");
    let mut moved = old.clone();
    moved.path = path("moved.txt");
    let refusal = acme
        .commit(|work| {
            work.files().add(&new);
            work.files().update(&moved);
            work.files().remove(&gone);
            work.blobs().add(&blob);
            work.versions().add(&version);
            work.jobs().add(&job);
            work.audit(entry);
            work.quota().reserve(11);
        })
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Quota);
    let files = acme.store.files();
    assert_eq!(files.lookup(new.id).await.value(), None);
    assert_eq!(
        files
            .find_by_path(acme.place(), &path("new.txt"))
            .await
            .value(),
        None
    );
    assert_eq!(
        files
            .find_by_path(acme.place(), &path("moved.txt"))
            .await
            .value(),
        None
    );
    assert_eq!(files.lookup(old.id).await.value(), Some(old));
    assert_eq!(files.lookup(gone.id).await.value(), Some(gone));
    assert_eq!(acme.store.blobs().lookup(blob.id).await.value(), None);
    assert_eq!(acme.store.versions().lookup(version.id).await.value(), None);
    assert_eq!(acme.store.audit().unsealed(None, 10).await.value(), []);
    assert_eq!(world.store.jobs().lookup(job.id).await.value(), None);
    assert_eq!(acme.store.quota().current().await.value().reserved_bytes, 0);
    // The refused unit has taken nothing.
    acme.commit(|work| work.files().add(&new)).await.done();
}

pub(super) async fn nothing_of_a_refused_platform_unit_is_visible(world: &World) {
    let taken = world.samples.person("ann@example.com");
    world
        .commit(|work| work.identities().add(&taken))
        .await
        .done();
    let acme = world.samples.tenant("Acme");
    let again = world.samples.person("ann@example.com");
    let role = world.samples.role(acme.id, "Owner", &[]);
    let membership = world.samples.membership(acme.id, again.id, &[role.id]);
    let session = world.samples.session(again.id, Some(acme.id));
    let refusal = world
        .commit(|work| {
            work.tenants().add(&acme);
            work.open_quota(acme.id, 1);
            work.identities().add(&again);
            work.roles(NOW).add(&role);
            work.memberships(NOW).add(&membership);
            work.sessions().add(&session);
            work.audit(world.samples.entry(None, "tenant.create"));
        })
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::IdentityEmail));
    assert_eq!(world.store.tenants().lookup(acme.id).await.value(), None);
    assert_eq!(
        world.store.roles().find_by_tenant(acme.id).await.value(),
        []
    );
    assert_eq!(
        world
            .store
            .memberships()
            .find_by_user(again.id)
            .await
            .value(),
        []
    );
    assert_eq!(
        world.store.sessions().lookup(session.id).await.value(),
        None
    );
    assert_eq!(world.store.audit().unsealed(None, 10).await.value(), []);
    let epochs = world.store.epochs().raised_since(Some(EpochPosition(0)));
    assert_eq!(epochs.await.value().changes, []);
    world
        .commit(|work| {
            work.tenants().add(&acme);
            work.open_quota(acme.id, 1);
        })
        .await
        .done();
}

pub(super) async fn a_dropped_unit_has_no_effect(world: &World) {
    let acme = world.company("Acme").await;
    let file = world.samples.file(acme.id, "a.txt");
    let mut work = acme.store.begin();
    work.files().add(&file);
    work.quota().reserve(1);
    drop(work);
    assert_eq!(acme.store.files().lookup(file.id).await.value(), None);
    assert_eq!(acme.store.quota().current().await.value().reserved_bytes, 0);
}

pub(super) async fn an_inactive_tenant_accepts_no_unit(world: &World) {
    let acme = world.company("Acme").await;
    let file = world.samples.file(acme.id, "a.txt");
    for status in [
        TenantStatus::Suspended,
        TenantStatus::Deleting,
        TenantStatus::Provisioning,
    ] {
        let tenant = Tenant {
            status,
            ..world.tenant(acme.id).await
        };
        world
            .commit(|work| work.tenants().update(&tenant))
            .await
            .done();
        let refusal = acme.commit(|work| work.files().add(&file)).await.refusal();
        assert_eq!(refusal, Refusal::Missing(Kind::Tenant), "{status:?}");
        assert_eq!(acme.store.files().lookup(file.id).await.value(), None);
    }
    let tenant = Tenant {
        status: TenantStatus::Active,
        ..world.tenant(acme.id).await
    };
    world
        .commit(|work| work.tenants().update(&tenant))
        .await
        .done();
    acme.commit(|work| work.files().add(&file)).await.done();
}

pub(super) async fn a_missing_tenant_accepts_no_unit(world: &World) {
    let nobody = world.samples.tenant("Nobody");
    let store = world.store.open(active(nobody.id)).await.value();
    let file = world.samples.file(nobody.id, "a.txt");
    let mut work = store.begin();
    work.files().add(&file);
    assert_eq!(
        store.commit(work).await.refusal(),
        Refusal::Missing(Kind::Tenant)
    );
}

pub(super) async fn an_invalid_unit_fails(world: &World) {
    let acme = world.company("Acme").await;
    let file = world.samples.file(acme.id, "a.txt");
    let twice = acme
        .commit(|work| {
            work.files().add(&file);
            work.files().update(&file);
        })
        .await;
    assert_eq!(twice.failure(), PortErrorKind::Internal);
    assert_eq!(acme.store.files().lookup(file.id).await.value(), None);
}

/// Checks a unit with more rows than any store accepts in one statement.
pub(super) async fn a_large_unit_is_atomic(world: &World) {
    let acme = world.company("Acme").await;
    let files: Vec<_> = (0..world.large_unit)
        .map(|n| world.samples.file(acme.id, &format!("{n:04}")))
        .collect();
    let add = async |room| {
        acme.commit(|work| {
            for file in &files {
                work.files().add(file);
                work.versions()
                    .add(&world.samples.version(acme.id, file.id, 1));
            }
            work.quota().reserve(room);
        })
        .await
    };
    assert_eq!(add(ROOM + 1).await.refusal(), Refusal::Quota);
    assert_eq!(acme.store.versions().scan(None, 1).await.value(), []);
    add(1).await.done();
    let versions = acme
        .store
        .versions()
        .scan(None, 2 * world.large_unit)
        .await
        .value();
    assert_eq!(versions.len(), files.len());
    acme.commit(|work| {
        for (file, version) in files.iter().zip(&versions) {
            work.files().remove(file);
            work.versions().remove(version);
        }
    })
    .await
    .done();
    assert_eq!(acme.store.files().lookup(files[0].id).await.value(), None);
    assert_eq!(acme.store.versions().scan(None, 1).await.value(), []);
}

pub(super) async fn the_store_can_be_probed(world: &World) {
    world.store.probe().await.value();
    world.company("Acme").await;
    world.store.probe().await.value();
}
