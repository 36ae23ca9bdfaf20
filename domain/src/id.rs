//! Typed ids. Each is a UUID (version 7 where this service made it, so that
//! ids sort by the time they were made); the type says what it names.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::Invalid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a UUID as an id of this kind.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID alone.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            /// Accepts the hyphenated form alone, in either case.
            fn from_str(text: &str) -> Result<Self, Invalid> {
                parse_uuid(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// One tenant: a company, a team, an organization.
    TenantId;
    /// One person, whatever tenants they belong to.
    UserId;
    /// One role of one tenant.
    RoleId;
    /// One signed-in session and its family of refresh tokens.
    SessionId;
    /// One file of one tenant.
    FileId;
    /// One immutable version of one file.
    VersionId;
    /// One stored sequence of bytes of one tenant.
    BlobId;
    /// One piece of background work.
    JobId;
    /// One audit entry.
    AuditId;
    /// One request that came with an idempotency key.
    IdempotencyId;
}

fn parse_uuid(text: &str) -> Result<Uuid, Invalid> {
    if text.len() != 36 {
        return Err(not_an_id());
    }
    Uuid::try_parse(text).map_err(|_| not_an_id())
}

fn not_an_id() -> Invalid {
    Invalid::format("must be a UUID like 018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let id = "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
        assert_eq!(id.parse::<FileId>().map(|id| id.to_string()), Ok(id.into()));
        assert!(id.to_uppercase().parse::<FileId>().is_ok());
        for text in [
            "",
            "1",
            &id.replace('-', ""),
            &format!("{{{id}}}"),
            &format!("{id} "),
        ] {
            assert!(text.parse::<FileId>().is_err(), "{text:?}");
        }
    }
}
