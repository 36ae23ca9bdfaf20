//! Memberships and roles: storage, lookups, unique keys.

use tenantry_application::{
    ports::{Refusal, UniqueKey},
    work::Kind,
};
use tenantry_domain::{
    Revision,
    id::RoleId,
    membership::{Membership, MembershipStatus},
    name::RoleName,
    permission::{Permission, PermissionSet},
    role::{Preset, Role},
};

use super::world::{Outcome, ReadOutcome, World};
use crate::conformance::samples::{NOW, at};

async fn add_membership(world: &World, row: &Membership) {
    world
        .commit(|work| work.memberships(NOW).add(row))
        .await
        .done();
}

async fn add_role(world: &World, row: &Role) {
    world.commit(|work| work.roles(NOW).add(row)).await.done();
}

pub(super) async fn nothing_is_found_in_an_empty_store(world: &World) {
    let acme = world.company("Acme").await;
    let user = world.samples.user();
    let memberships = world.store.memberships();
    assert_eq!(memberships.lookup(acme.id, user).await.value(), None);
    assert_eq!(memberships.find_by_user(user).await.value(), []);
    assert_eq!(
        world.store.roles().find_by_tenant(acme.id).await.value(),
        []
    );
}

pub(super) async fn memberships_are_stored(world: &World) {
    let acme = world.company("Acme").await;
    let roles: Vec<_> = (0..3)
        .map(|_| RoleId::from_uuid(world.samples.id()))
        .collect();
    let none: &[RoleId] = &[];
    for (status, held) in MembershipStatus::ALL
        .into_iter()
        .zip([none, &roles[..1], &roles])
    {
        let mut row = world
            .samples
            .membership(acme.id, world.samples.user(), held);
        row.status = status;
        add_membership(world, &row).await;
        let found = world
            .store
            .memberships()
            .lookup(acme.id, row.user_id)
            .await
            .value();
        assert_eq!(found.as_ref(), Some(&row));
    }
}

pub(super) async fn memberships_can_be_updated(world: &World) {
    let acme = world.company("Acme").await;
    let role = RoleId::from_uuid(world.samples.id());
    let mut row = world.samples.membership(acme.id, world.samples.user(), &[]);
    add_membership(world, &row).await;
    row.role_ids = vec![role];
    row.deactivate().expect("active");
    world
        .commit(|work| work.memberships(NOW).update(&row))
        .await
        .done();
    row.revision = Revision::new(2);
    let found = world
        .store
        .memberships()
        .lookup(acme.id, row.user_id)
        .await
        .value();
    assert_eq!(found, Some(row));
}

pub(super) async fn a_user_has_one_membership_per_tenant(world: &World) {
    let (acme, globex) = (world.company("Acme").await, world.company("Globex").await);
    let user = world.samples.user();
    let row = world.samples.membership(acme.id, user, &[]);
    add_membership(world, &row).await;
    let refusal = world
        .commit(|work| work.memberships(NOW).add(&row))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::Id(Kind::Membership)));
    add_membership(world, &world.samples.membership(globex.id, user, &[])).await;
}

pub(super) async fn memberships_of_a_user_are_listed_oldest_first(world: &World) {
    let user = world.samples.user();
    let mut expected = Vec::new();
    for (name, age) in [("Acme", 5), ("Globex", 1), ("Initech", 9)] {
        let company = world.company(name).await;
        let mut row = world.samples.membership(company.id, user, &[]);
        row.created_at = at(-age);
        row.status = MembershipStatus::Invited;
        add_membership(world, &row).await;
        let other = world
            .samples
            .membership(company.id, world.samples.user(), &[]);
        add_membership(world, &other).await;
        expected.push(row);
    }
    expected.sort_by_key(|row| row.created_at);
    assert_eq!(
        world.store.memberships().find_by_user(user).await.value(),
        expected
    );
}

pub(super) async fn roles_are_found_by_id(world: &World) {
    let (acme, globex) = (world.company("Acme").await, world.company("Globex").await);
    let plain = world.samples.role(acme.id, "Plain", &[]);
    let complete = Role {
        description: "Ünï 'quoted' 履歴書\n\tsecond line".to_owned(),
        preset: Some(Preset::Viewer),
        parent_ids: vec![plain.id, RoleId::from_uuid(world.samples.id())],
        permissions: PermissionSet::all(),
        created_at: at(-100),
        ..world.samples.role(acme.id, "Ünï %_'", &[])
    };
    for row in [&complete, &plain] {
        add_role(world, row).await;
    }
    add_role(world, &world.samples.role(globex.id, "Theirs", &[])).await;
    let found = world.store.roles().find_by_tenant(acme.id).await.value();
    assert_eq!(found, [plain, complete]);
}

pub(super) async fn roles_can_be_updated_and_removed(world: &World) {
    let acme = world.company("Acme").await;
    let mut row = world
        .samples
        .role(acme.id, "Editor", &[Permission::FilesRead]);
    add_role(world, &row).await;
    row.name = RoleName::parse("Author").expect("a name");
    row.description.push_str("writes");
    row.parent_ids = vec![RoleId::from_uuid(world.samples.id())];
    row.permissions = row.permissions.with(Permission::FilesWrite);
    world
        .commit(|work| work.roles(NOW).update(&row))
        .await
        .done();
    row.revision = Revision::new(2);
    let found = world.store.roles().find_by_tenant(acme.id).await.value();
    assert_eq!(found, [row.clone()]);
    world
        .commit(|work| work.roles(NOW).remove(&row))
        .await
        .done();
    assert_eq!(
        world.store.roles().find_by_tenant(acme.id).await.value(),
        []
    );
}

pub(super) async fn a_role_name_is_unique_within_its_tenant(world: &World) {
    let (acme, globex) = (world.company("Acme").await, world.company("Globex").await);
    let editor = world.samples.role(acme.id, "Editor", &[]);
    add_role(world, &editor).await;
    add_role(world, &world.samples.role(globex.id, "Editor", &[])).await;
    let again = world.samples.role(acme.id, "EDITOR", &[]);
    let refusal = world
        .commit(|work| work.roles(NOW).add(&again))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::RoleName));
}
