//! What can be allowed, and sets of it.

use std::fmt;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// One thing a role can allow, written `area:action`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission {
            $($(#[$doc])* $name,)+
        }

        impl Permission {
            /// Every permission there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name, `area:action`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The permission of a name, if there is one.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

// The order is the bit position in stored sets: add at the end, never reorder.
permissions! {
    /// See and download files.
    FilesRead = "files:read",
    /// Upload, copy, move and tag files.
    FilesWrite = "files:write",
    /// Delete files.
    FilesDelete = "files:delete",
    /// Lock and unlock files.
    FilesLock = "files:lock",
    /// Submit, approve, reject and archive versions.
    FilesValidate = "files:validate",
    /// See the people of the tenant.
    UsersRead = "users:read",
    /// Add, change and remove people.
    UsersWrite = "users:write",
    /// See roles.
    RolesRead = "roles:read",
    /// Make, change and assign roles.
    RolesWrite = "roles:write",
    /// See the tenant's settings and usage.
    TenantRead = "tenant:read",
    /// Change the tenant's name and settings.
    TenantWrite = "tenant:write",
    /// Delete the tenant.
    TenantDelete = "tenant:delete",
    /// Pass on ownership.
    TenantOwn = "tenant:own",
    /// Read the audit log.
    AuditRead = "audit:read",
    /// See where files are stored.
    StorageRead = "storage:read",
    /// Change where files are stored.
    StorageWrite = "storage:write",
    /// See every job of the tenant.
    JobsRead = "jobs:read",
    /// Cancel and retry jobs.
    JobsWrite = "jobs:write",
    /// See projects.
    ProjectsRead = "projects:read",
    /// Make and change projects.
    ProjectsWrite = "projects:write",
    /// See cycles.
    CyclesRead = "cycles:read",
    /// Make and change cycles.
    CyclesWrite = "cycles:write",
    /// See sync sessions.
    SyncRead = "sync_sessions:read",
    /// Make, start and change sync sessions.
    SyncWrite = "sync_sessions:write",
    /// Ask AI models.
    AiUse = "ai:use",
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of permissions, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PermissionSet(u64);

impl PermissionSet {
    /// No permission.
    pub const EMPTY: Self = Self(0);

    /// Every permission.
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    /// Takes a stored number; bits that name no permission are dropped.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits & Self::all().0)
    }

    /// The number to store.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether the permission is in the set.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// The set with one more.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | (1 << permission as u64))
    }

    /// The set with one less.
    #[must_use]
    pub const fn without(self, permission: Permission) -> Self {
        Self(self.0 & !(1 << permission as u64))
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The permissions in the set, in their fixed order.
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
        // Stored sets depend on these.
        assert_eq!(PermissionSet::EMPTY.with(Permission::FilesRead).bits(), 1);
        assert_eq!(PermissionSet::EMPTY.with(Permission::AiUse).bits(), 1 << 24);
    }

    #[test]
    fn unknown_bits_grant_nothing() {
        assert_eq!(PermissionSet::from_bits(1 << 63), PermissionSet::EMPTY);
    }
}
