//! Tenants: storage, lookups, unique keys.

use tenantry_application::ports::{Refusal, UniqueKey};
use tenantry_domain::{
    Revision,
    name::{Subdomain, TenantName},
    tenant::{Tenant, TenantStatus},
};

use super::world::{Outcome, ReadOutcome, World};
use crate::conformance::samples::at;

async fn add(world: &World, tenant: &Tenant) {
    world.commit(|work| work.tenants().add(tenant)).await.done();
}

pub(super) async fn no_tenant_is_found_in_an_empty_store(world: &World) {
    let tenants = world.store.tenants();
    let nobody = world.samples.tenant("nobody");
    assert_eq!(tenants.lookup(nobody.id).await.value(), None);
    assert_eq!(tenants.find_by_name("nobody").await.value(), None);
    assert_eq!(tenants.find_by_subdomain("nobody").await.value(), None);
    assert_eq!(tenants.list(None, 10).await.value(), []);
}

pub(super) async fn every_status_is_stored(world: &World) {
    for (n, status) in TenantStatus::ALL.into_iter().enumerate() {
        let mut tenant = world.samples.tenant(&format!("Ünï & O'Neil 株式会社 {n}"));
        tenant.status = status;
        tenant.updated_at = at(5);
        add(world, &tenant).await;
        assert_eq!(world.tenant(tenant.id).await, tenant);
    }
}

pub(super) async fn every_field_can_be_updated(world: &World) {
    let mut tenant = world.samples.tenant("Acme");
    add(world, &tenant).await;
    tenant.name = TenantName::parse("Globex").expect("a name");
    tenant.subdomain = Subdomain::parse("globex").expect("a label");
    tenant.suspend(at(9)).expect("active");
    world
        .commit(|work| work.tenants().update(&tenant))
        .await
        .done();
    tenant.revision = Revision::new(2);
    assert_eq!(world.tenant(tenant.id).await, tenant);
}

pub(super) async fn they_are_found_by_name_and_subdomain(world: &World) {
    let tenant = world.samples.tenant("ACME Ltd");
    add(world, &tenant).await;
    add(world, &world.samples.tenant("Globex")).await;
    let tenants = world.store.tenants();
    let by_name = tenants.find_by_name("acme ltd").await.value();
    assert_eq!(by_name.as_ref(), Some(&tenant));
    let by_subdomain = tenants.find_by_subdomain("acme-ltd").await.value();
    assert_eq!(by_subdomain.as_ref(), Some(&tenant));
    assert_eq!(tenants.find_by_name("ACME Ltd").await.value(), None);
    assert_eq!(tenants.find_by_subdomain("acme").await.value(), None);
}

pub(super) async fn names_are_unique(world: &World) {
    let acme = world.samples.tenant("Acme");
    add(world, &acme).await;
    let mut again = world.samples.tenant("ACME");
    again.subdomain = Subdomain::parse("other").expect("a label");
    let refusal = world
        .commit(|work| work.tenants().add(&again))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::TenantName));
    let mut again = world.samples.tenant("Other");
    again.subdomain = acme.subdomain.clone();
    let refusal = world
        .commit(|work| work.tenants().add(&again))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Duplicate(UniqueKey::TenantSubdomain));
}

pub(super) async fn names_of_a_suspended_tenant_stay_reserved(world: &World) {
    let mut acme = world.samples.tenant("Acme");
    acme.status = TenantStatus::Suspended;
    add(world, &acme).await;
    let again = world.samples.tenant("Acme");
    let refusal = world
        .commit(|work| work.tenants().add(&again))
        .await
        .refusal();
    assert!(matches!(refusal, Refusal::Duplicate(_)), "{refusal}");
}

pub(super) async fn names_of_a_deleting_tenant_are_free(world: &World) {
    let mut acme = world.samples.tenant("Acme");
    add(world, &acme).await;
    acme.begin_deleting(at(1)).expect("active");
    world
        .commit(|work| work.tenants().update(&acme))
        .await
        .done();
    assert_eq!(world.tenant(acme.id).await.name, acme.name);
    let heir = world.samples.tenant("Acme");
    add(world, &heir).await;
    let tenants = world.store.tenants();
    let found = tenants.find_by_name("acme").await.value();
    assert_eq!(found.map(|tenant| tenant.id), Some(heir.id));
    let found = tenants.find_by_subdomain("acme").await.value();
    assert_eq!(found.map(|tenant| tenant.id), Some(heir.id));
    // Another tenant may take over the name in the same way.
    let mut heir = heir;
    heir.begin_deleting(at(2)).expect("active");
    world
        .commit(|work| work.tenants().update(&heir))
        .await
        .done();
    assert_eq!(tenants.find_by_name("acme").await.value(), None);
    add(world, &world.samples.tenant("Acme")).await;
}

pub(super) async fn a_removed_tenant_is_not_found(world: &World) {
    let acme = world.samples.tenant("Acme");
    add(world, &acme).await;
    world
        .commit(|work| work.tenants().remove(&acme))
        .await
        .done();
    assert_eq!(world.store.tenants().lookup(acme.id).await.value(), None);
    add(world, &world.samples.tenant("Acme")).await;
}

pub(super) async fn they_are_listed_by_id_in_pages(world: &World) {
    let tenants: Vec<_> = (0..7)
        .map(|n| world.samples.tenant(&format!("tenant {n}")))
        .collect();
    for tenant in tenants.iter().rev() {
        add(world, tenant).await;
    }
    let list = world.store.tenants();
    assert_eq!(list.list(None, 3).await.value(), tenants[..3]);
    assert_eq!(
        list.list(Some(tenants[2].id), 3).await.value(),
        tenants[3..6]
    );
    assert_eq!(
        list.list(Some(tenants[5].id), 3).await.value(),
        tenants[6..]
    );
    assert_eq!(list.list(Some(tenants[6].id), 3).await.value(), []);
}
