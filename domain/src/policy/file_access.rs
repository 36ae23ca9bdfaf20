//! The authorization policy for files.

use crate::{
    file::Place,
    id::{TenantId, UserId},
    permission::{Permission, PermissionSet},
};

/// An action on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileAction {
    /// Download, list, view metadata.
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
    /// Returns the permission that the action requires.
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

/// The policy's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The action is allowed.
    Allowed,
    /// The user may know that the file exists, but may not perform the action.
    Denied,
    /// The file must appear not to exist.
    Hidden,
}

/// Decides whether a user may perform `action` in `place`. A personal space is
/// hidden from everyone but its owner, regardless of permissions; another
/// tenant's space is hidden too. In every visible space the action's permission
/// is required.
pub fn decide(
    user: UserId,
    tenant: TenantId,
    permissions: PermissionSet,
    action: FileAction,
    place: Place,
) -> Decision {
    let visible = match place {
        Place::User(owner) => owner == user,
        Place::Company(company) => company == tenant,
    };
    if !visible {
        return Decision::Hidden;
    }
    if permissions.has(action.permission()) {
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
    fn the_space_of_another_user_or_tenant_is_hidden_even_from_owners() {
        for action in ACTIONS {
            let permissions = Preset::Owner.permissions();
            let decision = decide(
                user(1),
                tenant(1),
                permissions,
                action,
                Place::User(user(2)),
            );
            assert_eq!(decision, Decision::Hidden);
            let decision = decide(
                user(1),
                tenant(1),
                permissions,
                action,
                Place::Company(tenant(2)),
            );
            assert_eq!(decision, Decision::Hidden);
        }
    }

    #[test]
    fn viewers_may_only_read_and_members_may_do_everything() {
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
