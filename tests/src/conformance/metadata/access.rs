//! Access lookups: the permissions of a session, and their revocation.

use tenantry_application::ports::{AccessGrant, EpochSubject};
use tenantry_domain::{
    identity::Identity,
    membership::Membership,
    permission::{Permission, PermissionSet},
    role::Role,
    session::{RevokeReason, Session},
    tenant::Tenant,
};

use super::world::{Outcome, ReadOutcome, World, active};
use crate::conformance::samples::{NOW, at};

/// Ann, signed in at Acme as an editor.
struct UserSession<'w> {
    world: &'w World,
    ann: Identity,
    acme: Tenant,
    editor: Role,
    membership: Membership,
    session: Session,
}

impl<'w> UserSession<'w> {
    async fn new(world: &'w World) -> Self {
        let samples = &world.samples;
        let ann = samples.person("ann@example.com");
        let acme = samples.tenant("Acme");
        let editor = samples.role(acme.id, "Editor", &[Permission::FilesWrite]);
        let membership = samples.membership(acme.id, ann.id, &[editor.id]);
        let session = samples.session(ann.id, Some(acme.id));
        world
            .commit(|work| {
                work.identities().add(&ann);
                work.tenants().add(&acme);
                work.roles(NOW).add(&editor);
                work.memberships(NOW).add(&membership);
                work.sessions().add(&session);
            })
            .await
            .done();
        Self {
            world,
            ann,
            acme,
            editor,
            membership,
            session,
        }
    }

    async fn opens(&self) -> Option<AccessGrant> {
        let access = self.world.store.access();
        access.lookup(self.session.id, at(10)).await.value()
    }

    async fn opens_without_tenant(&self) -> AccessGrant {
        let grant = self.opens().await.expect("the session is live");
        assert_eq!(grant.tenant, None);
        assert_eq!(grant.permissions, PermissionSet::EMPTY);
        grant
    }
}

pub(super) async fn an_unknown_session_grants_nothing(world: &World) {
    let session = world.samples.session(world.samples.user(), None);
    assert_eq!(
        world.store.access().lookup(session.id, NOW).await.value(),
        None
    );
}

pub(super) async fn a_live_session_grants_access_to_its_tenant(world: &World) {
    let ann = UserSession::new(world).await;
    let expected = AccessGrant {
        session_id: ann.session.id,
        user_id: ann.ann.id,
        tenant: Some(active(ann.acme.id)),
        permissions: PermissionSet::EMPTY.with(Permission::FilesWrite),
        platform_admin: false,
        // Raised by the membership and the role.
        user_epoch: 1,
        tenant_epoch: 1,
        expires_at: ann.session.expires_at,
    };
    assert_eq!(ann.opens().await, Some(expected));
}

pub(super) async fn a_session_without_tenant_grants_no_tenant(world: &World) {
    let mut root = world.samples.person("root@example.com");
    root.platform_admin = true;
    let session = world.samples.session(root.id, None);
    world
        .commit(|work| {
            work.identities().add(&root);
            work.sessions().add(&session);
        })
        .await
        .done();
    let grant = world.store.access().lookup(session.id, NOW).await.value();
    let expected = AccessGrant {
        session_id: session.id,
        user_id: root.id,
        tenant: None,
        permissions: PermissionSet::EMPTY,
        platform_admin: true,
        user_epoch: 0,
        tenant_epoch: 0,
        expires_at: session.expires_at,
    };
    assert_eq!(grant, Some(expected));
}

pub(super) async fn a_session_expires_on_time(world: &World) {
    let ann = UserSession::new(world).await;
    let access = world.store.access();
    let end = ann.session.expires_at;
    let before = end.minus(std::time::Duration::from_millis(1));
    assert!(
        access
            .lookup(ann.session.id, before)
            .await
            .value()
            .is_some()
    );
    assert_eq!(access.lookup(ann.session.id, end).await.value(), None);
}

pub(super) async fn a_revoked_session_grants_nothing(world: &World) {
    let ann = UserSession::new(world).await;
    let mut session = ann.session.clone();
    session.revoke(RevokeReason::Logout, NOW);
    world
        .commit(|work| work.sessions().update(&session))
        .await
        .done();
    assert_eq!(ann.opens().await, None);
}

pub(super) async fn a_removed_session_grants_nothing(world: &World) {
    let ann = UserSession::new(world).await;
    world
        .commit(|work| work.sessions().remove(&ann.session))
        .await
        .done();
    assert_eq!(ann.opens().await, None);
}

pub(super) async fn a_deactivated_user_has_no_access(world: &World) {
    let ann = UserSession::new(world).await;
    let mut person = ann.ann.clone();
    person.deactivate().expect("active");
    world
        .commit(|work| work.identities().update(&person))
        .await
        .done();
    assert_eq!(ann.opens().await, None);
}

pub(super) async fn a_deactivated_member_has_no_access_to_the_tenant(world: &World) {
    let ann = UserSession::new(world).await;
    let mut membership = ann.membership.clone();
    membership.deactivate().expect("active");
    world
        .commit(|work| work.memberships(at(1)).update(&membership))
        .await
        .done();
    let grant = ann.opens_without_tenant().await;
    assert_eq!(grant.user_epoch, 2);
}

pub(super) async fn an_invited_member_has_no_access_to_the_tenant(world: &World) {
    let ann = UserSession::new(world).await;
    let mut membership = ann.membership.clone();
    membership.status = tenantry_domain::membership::MembershipStatus::Invited;
    world
        .commit(|work| work.memberships(at(1)).update(&membership))
        .await
        .done();
    ann.opens_without_tenant().await;
}

pub(super) async fn a_former_member_has_no_access_to_the_tenant(world: &World) {
    let ann = UserSession::new(world).await;
    world
        .commit(|work| work.memberships(at(1)).remove(&ann.membership))
        .await
        .done();
    ann.opens_without_tenant().await;
}

pub(super) async fn an_inactive_tenant_is_not_accessible(world: &World) {
    let ann = UserSession::new(world).await;
    let mut acme = ann.acme.clone();
    acme.suspend(at(1)).expect("active");
    world
        .commit(|work| work.tenants().update(&acme))
        .await
        .done();
    ann.opens_without_tenant().await;
    let mut acme = world.tenant(acme.id).await;
    acme.begin_deleting(at(2)).expect("suspended");
    world
        .commit(|work| work.tenants().update(&acme))
        .await
        .done();
    ann.opens_without_tenant().await;
}

pub(super) async fn permissions_come_from_all_roles_and_their_ancestors(world: &World) {
    let ann = UserSession::new(world).await;
    let samples = &world.samples;
    let globex = world.company("Globex").await;
    let root = samples.role(ann.acme.id, "Root", &[Permission::AuditRead]);
    let mut middle = samples.role(ann.acme.id, "Middle", &[Permission::UsersRead]);
    middle.parent_ids = vec![root.id];
    let mut leaf = samples.role(ann.acme.id, "Leaf", &[]);
    leaf.parent_ids = vec![middle.id];
    let unused = samples.role(ann.acme.id, "Unused", &[Permission::TenantOwn]);
    let foreign = samples.role(globex.id, "Foreign", &[Permission::TenantDelete]);
    world
        .commit(|work| {
            for role in [&root, &middle, &leaf, &unused] {
                work.roles(NOW).add(role);
            }
        })
        .await
        .done();
    world
        .commit(|work| work.roles(NOW).add(&foreign))
        .await
        .done();
    let mut membership = ann.membership.clone();
    membership.role_ids = vec![ann.editor.id, leaf.id, foreign.id];
    world
        .commit(|work| work.memberships(NOW).update(&membership))
        .await
        .done();
    let grant = ann.opens().await.expect("the session is live");
    let expected = [
        Permission::FilesWrite,
        Permission::UsersRead,
        Permission::AuditRead,
    ];
    assert_eq!(grant.permissions, expected.into_iter().collect());
}

pub(super) async fn cyclic_roles_are_resolved(world: &World) {
    let ann = UserSession::new(world).await;
    let mut editor = ann.editor.clone();
    editor.parent_ids = vec![editor.id];
    world
        .commit(|work| work.roles(NOW).update(&editor))
        .await
        .done();
    let grant = ann.opens().await.expect("the session is live");
    assert_eq!(grant.permissions, editor.permissions);
}

pub(super) async fn epochs_are_those_of_the_user_and_the_tenant(world: &World) {
    let ann = UserSession::new(world).await;
    let other = world.samples.user();
    world
        .commit(|work| {
            work.raise_user_epoch(ann.ann.id, at(1));
            work.raise_tenant_epoch(ann.acme.id, at(1));
            work.raise_user_epoch(other, at(1));
        })
        .await
        .done();
    world
        .commit(|work| work.raise_tenant_epoch(ann.acme.id, at(2)))
        .await
        .done();
    let grant = ann.opens().await.expect("the session is live");
    assert_eq!((grant.user_epoch, grant.tenant_epoch), (2, 3));
    // An expectation may name the value that was read.
    world
        .commit(|work| {
            work.expect_epoch(EpochSubject::User(ann.ann.id), grant.user_epoch);
            work.expect_epoch(EpochSubject::Tenant(ann.acme.id), grant.tenant_epoch);
        })
        .await
        .done();
}
