//! Permissions and sets of them.

use std::fmt;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// A permission that a role can grant, written `area:action`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission {
            $($(#[$doc])* $name,)+
        }

        impl Permission {
            /// All permissions.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the stable name, `area:action`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// Returns the permission with this name, if it exists.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

// The order determines the bit positions in stored sets: append only, never
// reorder.
permissions! {
    /// View and download files.
    FilesRead = "files:read",
    /// Upload, copy, move and tag files.
    FilesWrite = "files:write",
    /// Delete files.
    FilesDelete = "files:delete",
    /// Lock and unlock files.
    FilesLock = "files:lock",
    /// Submit, approve, reject and archive versions.
    FilesValidate = "files:validate",
    /// View the tenant's users.
    UsersRead = "users:read",
    /// Add, change and remove users.
    UsersWrite = "users:write",
    /// View roles.
    RolesRead = "roles:read",
    /// Create, change and assign roles.
    RolesWrite = "roles:write",
    /// View the tenant's settings and usage.
    TenantRead = "tenant:read",
    /// Change the tenant's name and settings.
    TenantWrite = "tenant:write",
    /// Delete the tenant.
    TenantDelete = "tenant:delete",
    /// Transfer ownership of the tenant.
    TenantOwn = "tenant:own",
    /// Read the audit log.
    AuditRead = "audit:read",
    /// View storage backends.
    StorageRead = "storage:read",
    /// Configure storage backends.
    StorageWrite = "storage:write",
    /// View all jobs of the tenant.
    JobsRead = "jobs:read",
    /// Cancel and retry jobs.
    JobsWrite = "jobs:write",
    /// View projects.
    ProjectsRead = "projects:read",
    /// Create and change projects.
    ProjectsWrite = "projects:write",
    /// View cycles.
    CyclesRead = "cycles:read",
    /// Create and change cycles.
    CyclesWrite = "cycles:write",
    /// View sync sessions.
    SyncRead = "sync_sessions:read",
    /// Create, start and change sync sessions.
    SyncWrite = "sync_sessions:write",
    /// Query AI models.
    AiUse = "ai:use",
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stored set is one word.
const _: () = assert!(
    Permission::ALL.len() <= u64::BITS as usize,
    "more permissions than the bits of a stored set"
);

/// A set of permissions, stored as one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PermissionSet(u64);

impl PermissionSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// Returns the set of all permissions.
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// Restores a stored set; unknown bits are ignored.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits & Self::all().0)
    }

    /// Returns the bits to store.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Returns whether the set contains the permission.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// Returns the set with the permission added.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | (1 << permission as u64))
    }

    /// Returns the set with the permission removed.
    #[must_use]
    pub const fn without(self, permission: Permission) -> Self {
        Self(self.0 & !(1 << permission as u64))
    }

    /// Returns the union of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether the set contains all of `other`.
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the permissions in the set, in their fixed order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |p| self.has(*p))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bits_are_stable() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(*permission));
        }
        // Stored sets depend on these values.
        assert_eq!(PermissionSet::EMPTY.with(Permission::FilesRead).bits(), 1);
        assert_eq!(PermissionSet::EMPTY.with(Permission::AiUse).bits(), 1 << 24);
    }

    #[test]
    fn unknown_bits_grant_nothing() {
        assert_eq!(PermissionSet::from_bits(1 << 63), PermissionSet::EMPTY);
    }
}
