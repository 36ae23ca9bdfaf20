//! Roles: named sets of permissions that may build on one another.

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
    /// Its id.
    pub id: RoleId,
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// Its name, unique in the tenant without regard to case.
    pub name: RoleName,
    /// What it is for, in words.
    pub description: String,
    /// Which preset it came from; presets cannot be changed or removed.
    pub preset: Option<Preset>,
    /// The roles whose permissions it has as well.
    pub parent_ids: Vec<RoleId>,
    /// Its own permissions.
    pub permissions: PermissionSet,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often it was written.
    pub revision: Revision,
}

/// The roles every tenant begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Everything, ownership included.
    Owner,
    /// Everything but ownership and deleting the tenant.
    Admin,
    /// Works with files, locks, projects, cycles and sync sessions.
    Member,
    /// Sees, and changes nothing.
    Viewer,
}

impl Preset {
    /// Every preset, from the most to the least.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Member, Self::Viewer];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }

    /// The preset of a name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == text)
    }

    /// What it is for, in words.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Owner => "everything, ownership included",
            Self::Admin => "everything but ownership and deleting the tenant",
            Self::Member => "works with files, locks, projects, cycles and sync sessions",
            Self::Viewer => "sees, and changes nothing",
        }
    }

    /// What it allows.
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

/// The permissions that `held` roles give: their own and those of all their
/// ancestors. A role that is not in `roles` gives nothing; a cycle, which no
/// commit should have let in, ends where it began.
pub fn effective<'a>(held: &[RoleId], roles: impl IntoIterator<Item = &'a Role>) -> PermissionSet {
    let by_id: HashMap<RoleId, &Role> = roles.into_iter().map(|role| (role.id, role)).collect();
    let mut seen = HashSet::new();
    let mut open: Vec<RoleId> = held.to_vec();
    let mut set = PermissionSet::EMPTY;
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        if let Some(role) = by_id.get(&id) {
            set = set.union(role.permissions);
            open.extend(&role.parent_ids);
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
    fn ancestors_add_and_cycles_end() {
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
    fn presets_nest() {
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
