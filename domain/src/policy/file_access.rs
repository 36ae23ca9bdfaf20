//! The rule for files: what a person may do in which space.

use crate::{
    file::Place,
    id::{TenantId, UserId},
    permission::{Permission, PermissionSet},
};

/// What can be done with files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileAction {
    /// Download, list, see metadata.
    Read,
    /// Upload, copy, move, tag.
    Write,
    /// Delete.
    Delete,
    /// Lock and unlock.
    Lock,
    /// Submit, approve, reject, archive.
    Validate,
}

impl FileAction {
    /// The permission a role must give for it.
    pub const fn permission(self) -> Permission {
        match self {
            Self::Read => Permission::FilesRead,
            Self::Write => Permission::FilesWrite,
            Self::Delete => Permission::FilesDelete,
            Self::Lock => Permission::FilesLock,
            Self::Validate => Permission::FilesValidate,
        }
    }
}

/// What the rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allowed,
    /// The person may know that it exists, but not do this.
    Denied,
    /// For this person it does not exist.
    Hidden,
}

/// Decides. A personal space opens to its owner only, whatever tenant-wide
/// permission another person holds, and the owner, too, needs the permission;
/// the tenant's space opens to whoever holds the permission there.
pub fn decide(
    user: UserId,
    tenant: TenantId,
    held: PermissionSet,
    action: FileAction,
    place: Place,
) -> Decision {
    let theirs = match place {
        Place::User(owner) => owner == user,
        Place::Company(company) => company == tenant,
    };
    if !theirs {
        return Decision::Hidden;
    }
    if held.has(action.permission()) {
        Decision::Allowed
    } else {
        Decision::Denied
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::role::Preset;

    const ACTIONS: [FileAction; 5] = [
        FileAction::Read,
        FileAction::Write,
        FileAction::Delete,
        FileAction::Lock,
        FileAction::Validate,
    ];

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn tenant(number: u128) -> TenantId {
        TenantId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn not_even_an_owner_sees_anothers_space() {
        for action in ACTIONS {
            let held = Preset::Owner.permissions();
            let decision = decide(user(1), tenant(1), held, action, Place::User(user(2)));
            assert_eq!(decision, Decision::Hidden);
            let decision = decide(user(1), tenant(1), held, action, Place::Company(tenant(2)));
            assert_eq!(decision, Decision::Hidden);
        }
    }

    #[test]
    fn viewers_read_and_members_do_the_rest() {
        for place in [Place::Company(tenant(1)), Place::User(user(1))] {
            for action in ACTIONS {
                let by = |preset: Preset| {
                    decide(user(1), tenant(1), preset.permissions(), action, place)
                };
                assert_eq!(by(Preset::Member), Decision::Allowed);
                let read = action == FileAction::Read;
                let expected = if read {
                    Decision::Allowed
                } else {
                    Decision::Denied
                };
                assert_eq!(by(Preset::Viewer), expected);
            }
        }
    }
}
