//! Users in states that no operation can create, written to the store directly.

use tenantry_application::{
    Services,
    auth::{SeedAdmin, seed_admin},
    work::PlatformWork,
};
use tenantry_domain::{
    Revision,
    email::Email,
    id::{RoleId, TenantId, UserId},
    identity::{Identity, IdentityStatus, PasswordHash},
    membership::{Membership, MembershipStatus},
    role::Preset,
};

use super::{Actor, PASSWORD, TestService};

impl TestService {
    /// Creates and signs in a user with a preset role in the company of `owner`.
    pub async fn member(&self, owner: &Actor, name: &str, preset: Preset) -> Actor {
        let on = self.services();
        let tenant: TenantId = owner.tenant_id.parse().expect("a tenant");
        let hash = on.passwords.hash(PASSWORD).await.expect("a hash");
        let email = format!("{name}@{}", owner.email.replace('@', "."));
        let identity = identity(self, &email, hash);
        let mut work = PlatformWork::new();
        work.identities().add(&identity);
        work.memberships(on.now()).add(&Membership {
            tenant_id: tenant,
            user_id: identity.id,
            role_ids: vec![preset_role(on, tenant, preset).await],
            status: MembershipStatus::Active,
            created_at: on.now(),
            revision: Revision::FIRST,
        });
        on.store.commit(work).await.expect("a new member");
        let mut member = self.anonymous();
        member.email = email;
        member.user_id = identity.id.to_string();
        member.tenant_id.clone_from(&owner.tenant_id);
        member.sign_in().await;
        member
    }

    /// Creates and signs in a platform administrator without a tenant.
    pub async fn administrator(&self, name: &str) -> Actor {
        let mut administrator = self.anonymous();
        administrator.email = format!("{name}@platform.example.com");
        let command = SeedAdmin {
            email: administrator.email.clone(),
            password: PASSWORD.to_owned(),
            tenant: None,
        };
        let (user, _) = seed_admin(self.services(), command).await.expect("created");
        administrator.user_id = user.to_string();
        administrator.sign_in().await;
        administrator
    }

    /// Makes a member of a company a member of another one as well.
    pub async fn join(&self, person: &Actor, owner: &Actor, preset: Preset) {
        let on = self.services();
        let tenant: TenantId = owner.tenant_id.parse().expect("a tenant");
        let mut work = PlatformWork::new();
        work.memberships(on.now()).add(&Membership {
            tenant_id: tenant,
            user_id: person.user_id.parse().expect("a person"),
            role_ids: vec![preset_role(on, tenant, preset).await],
            status: MembershipStatus::Active,
            created_at: on.now(),
            revision: Revision::FIRST,
        });
        on.store.commit(work).await.expect("a new membership");
    }

    /// Changes the stored identity of a user.
    pub async fn change_identity(&self, person: &Actor, change: impl FnOnce(&mut Identity)) {
        let on = self.services();
        let id: UserId = person.user_id.parse().expect("a person");
        let mut identity = self.identity(person).await;
        change(&mut identity);
        let mut work = PlatformWork::new();
        work.identities().update(&identity);
        work.raise_user_epoch(id, on.now());
        on.store.commit(work).await.expect("a changed person");
    }

    /// Returns the stored identity of a user.
    pub async fn identity(&self, person: &Actor) -> Identity {
        let id = person.user_id.parse().expect("a person");
        let found = self.services().store.identities().lookup(id).await;
        found.expect("a response").expect("a known person")
    }
}

/// Returns the id of a preset role of a tenant.
pub async fn preset_role(services: &Services, tenant: TenantId, preset: Preset) -> RoleId {
    let roles = services.store.roles().find_by_tenant(tenant).await;
    let roles = roles.expect("the roles");
    let role = roles.iter().find(|role| role.preset == Some(preset));
    role.expect("a preset role").id
}

fn identity(service: &TestService, email: &str, hash: PasswordHash) -> Identity {
    let on = service.services();
    Identity {
        id: UserId::from_uuid(on.ids.next()),
        email: Email::parse(email).expect("an address"),
        email_verified: false,
        username: None,
        display_name: None,
        password_hash: Some(hash),
        status: IdentityStatus::Active,
        platform_admin: false,
        last_tenant_id: None,
        created_at: on.now(),
        last_login_at: None,
        revision: Revision::FIRST,
    }
}
