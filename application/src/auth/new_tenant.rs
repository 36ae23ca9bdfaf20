//! Creation of tenants with their initial data.

use tenantry_domain::{
    Invalid, Revision, Timestamp,
    id::{RoleId, TenantId, UserId},
    media_type::ContentTypes,
    membership::{Membership, MembershipStatus},
    name::{RoleName, Subdomain, TenantName},
    role::{Preset, Role},
    tenant::{Isolation, Tenant, TenantStatus},
};

use crate::{
    audit::Entry,
    error::{Error, Result},
    services::Services,
    work::PlatformWork,
};

/// A new tenant with its preset roles and its owner.
pub(super) struct NewTenant {
    pub(super) tenant: Tenant,
    roles: Vec<Role>,
    owner: Membership,
}

impl NewTenant {
    pub(super) fn new(
        services: &Services,
        name: TenantName,
        subdomain: Subdomain,
        owner: UserId,
        now: Timestamp,
    ) -> Result<Self> {
        let id = TenantId::from_uuid(services.ids.next());
        let tenant = Tenant {
            id,
            name,
            subdomain,
            status: TenantStatus::Active,
            isolation: Isolation::Rows,
            content_types: ContentTypes::default(),
            created_at: now,
            updated_at: now,
            members_version: 0,
            roles_version: 0,
            revision: Revision::FIRST,
        };
        let roles: Vec<Role> = Preset::ALL
            .iter()
            .map(|preset| preset_role(services, id, *preset, now))
            .collect::<Result<_>>()?;
        let role_ids = roles
            .iter()
            .filter(|role| role.preset == Some(Preset::Owner))
            .map(|role| role.id)
            .collect();
        let owner = membership(id, owner, role_ids, now);
        Ok(Self {
            tenant,
            roles,
            owner,
        })
    }

    /// Adds everything to a unit of work.
    pub(super) fn record(&self, services: &Services, work: &mut PlatformWork, now: Timestamp) {
        work.tenants().add(&self.tenant);
        for role in &self.roles {
            work.roles(now).add(role);
        }
        work.memberships(now).add(&self.owner);
        work.open_quota(self.tenant.id, services.settings.quota_bytes);
        let entry = Entry::new(services, "tenant.create", "tenant", self.tenant.id)
            .detail("name", self.tenant.name.as_str())
            .detail("subdomain", self.tenant.subdomain.as_str());
        work.audit(entry.of_platform());
    }
}

/// Creates an active membership.
pub(super) fn membership(
    tenant_id: TenantId,
    user_id: UserId,
    role_ids: Vec<RoleId>,
    now: Timestamp,
) -> Membership {
    Membership {
        tenant_id,
        user_id,
        role_ids,
        status: MembershipStatus::Active,
        created_at: now,
        revision: Revision::FIRST,
    }
}

fn preset_role(
    services: &Services,
    tenant_id: TenantId,
    preset: Preset,
    now: Timestamp,
) -> Result<Role> {
    Ok(Role {
        id: RoleId::from_uuid(services.ids.next()),
        tenant_id,
        name: RoleName::parse(preset.as_str())
            .map_err(|_| Error::internal("the name of a preset role is invalid"))?,
        description: preset.description().to_owned(),
        preset: Some(preset),
        parent_ids: Vec::new(),
        permissions: preset.permissions(),
        created_at: now,
        revision: Revision::FIRST,
    })
}

/// Rejects reserved subdomains.
pub(super) fn reject_reserved(services: &Services, subdomain: &Subdomain) -> Result<(), Invalid> {
    if is_reserved(services, subdomain) {
        return Err(Invalid::new("reserved", "must not be a reserved name"));
    }
    Ok(())
}

/// Returns whether a subdomain is reserved.
pub(super) fn is_reserved(services: &Services, subdomain: &Subdomain) -> bool {
    services
        .settings
        .reserved_subdomains
        .iter()
        .any(|name| name == subdomain.as_str())
}

/// Derives a subdomain from a tenant's name; `None` if the name has too few
/// usable characters. `taken` is the number of suggestions found taken.
pub(super) fn suggest_subdomain(
    services: &Services,
    name: &TenantName,
    taken: u32,
) -> Option<Subdomain> {
    let suggested = Subdomain::suggest(name).filter(|label| !is_reserved(services, label))?;
    Some(match taken {
        0 => suggested,
        _ => suggested.numbered(taken + 1),
    })
}

/// Generates a unique subdomain.
pub(super) fn generate_subdomain(services: &Services) -> Result<Subdomain> {
    let id = services.ids.next().simple().to_string();
    Subdomain::parse(&format!("t-{}", &id[20..]))
        .map_err(|_| Error::internal("a generated subdomain is invalid"))
}
