//! Roles: named sets of permissions that can inherit from other roles.

use std::collections::{HashMap, HashSet};

use crate::{
    Revision, Timestamp,
    id::{RoleId, TenantId},
    name::RoleName,
    permission::{Permission, PermissionSet},
};

/// A role of one tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// The role's id.
    pub id: RoleId,
    /// The tenant that owns the role.
    pub tenant_id: TenantId,
    /// The role's name, unique within the tenant, ignoring case.
    pub name: RoleName,
    /// A human-readable description.
    pub description: String,
    /// The preset that the role was created from, if any; preset roles cannot
    /// be changed or deleted.
    pub preset: Option<Preset>,
    /// The parent roles, whose permissions are inherited.
    pub parent_ids: Vec<RoleId>,
    /// The role's own permissions, without inherited ones.
    pub permissions: PermissionSet,
    /// The creation time.
    pub created_at: Timestamp,
    /// The row's revision.
    pub revision: Revision,
}

/// The roles that every new tenant starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// All permissions, including ownership.
    Owner,
    /// All permissions except ownership and deleting the tenant.
    Admin,
    /// Works with files, locks, projects, cycles and sync sessions.
    Member,
    /// Read-only access.
    Viewer,
}

impl Preset {
    /// All presets, from most to least privileged.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Member, Self::Viewer];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }

    /// Returns the preset with this name, if it exists.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == text)
    }

    /// Returns a human-readable description.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Owner => "all permissions, including ownership",
            Self::Admin => "all permissions except ownership and deleting the tenant",
            Self::Member => "works with files, locks, projects, cycles and sync sessions",
            Self::Viewer => "read-only access",
        }
    }

    /// Returns the preset's permissions.
    pub fn permissions(self) -> PermissionSet {
        use Permission as P;
        match self {
            Self::Owner => PermissionSet::all(),
            Self::Admin => PermissionSet::all()
                .without(P::TenantOwn)
                .without(P::TenantDelete),
            Self::Member => Self::Viewer.permissions().union(
                [
                    P::FilesWrite,
                    P::FilesDelete,
                    P::FilesLock,
                    P::FilesValidate,
                    P::ProjectsWrite,
                    P::CyclesWrite,
                    P::SyncWrite,
                    P::AiUse,
                ]
                .into_iter()
                .collect(),
            ),
            Self::Viewer => [
                P::FilesRead,
                P::UsersRead,
                P::ProjectsRead,
                P::CyclesRead,
                P::SyncRead,
            ]
            .into_iter()
            .collect(),
        }
    }
}

/// Returns the effective permissions of the roles in `role_ids`: their own and
/// those of all their ancestors. Roles missing from `roles` contribute nothing.
/// Cycles, which no commit should allow, are tolerated.
pub fn effective<'a>(
    role_ids: &[RoleId],
    roles: impl IntoIterator<Item = &'a Role>,
) -> PermissionSet {
    let by_id: HashMap<RoleId, &Role> = roles.into_iter().map(|role| (role.id, role)).collect();
    let mut seen = HashSet::new();
    let mut pending: Vec<RoleId> = role_ids.to_vec();
    let mut set = PermissionSet::EMPTY;
    while let Some(id) = pending.pop() {
        if !seen.insert(id) {
            continue;
        }
        if let Some(role) = by_id.get(&id) {
            set = set.union(role.permissions);
            pending.extend(&role.parent_ids);
        }
    }
    set
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn role(number: u128, parents: &[u128], permissions: &[Permission]) -> Role {
        let id = |number| RoleId::from_uuid(Uuid::from_u128(number));
        Role {
            id: id(number),
            tenant_id: TenantId::from_uuid(Uuid::nil()),
            name: RoleName::parse("role").expect("a name"),
            description: String::new(),
            preset: None,
            parent_ids: parents.iter().copied().map(id).collect(),
            permissions: permissions.iter().copied().collect(),
            created_at: Timestamp::EPOCH,
            revision: Revision::FIRST,
        }
    }

    #[test]
    fn permissions_are_inherited_and_cycles_are_tolerated() {
        let roles = [
            role(1, &[2], &[Permission::FilesRead]),
            role(2, &[3], &[Permission::FilesWrite]),
            role(3, &[1], &[Permission::FilesLock]),
            role(4, &[], &[Permission::TenantOwn]),
        ];
        let set = effective(&[roles[0].id], &roles);
        let names: Vec<_> = set.iter().map(Permission::as_str).collect();
        assert_eq!(names, ["files:read", "files:write", "files:lock"]);
    }

    #[test]
    fn each_preset_covers_the_next() {
        for pair in Preset::ALL.windows(2) {
            assert!(
                pair[0].permissions().covers(pair[1].permissions()),
                "{pair:?}"
            );
            assert!(
                !pair[1].permissions().covers(pair[0].permissions()),
                "{pair:?}"
            );
        }
        assert!(!Preset::Admin.permissions().has(Permission::TenantDelete));
    }
}
