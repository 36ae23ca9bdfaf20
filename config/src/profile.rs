//! The profile, which selects defaults and the strictness of the checks.

use std::fmt;
use std::str::FromStr;

/// The environment of an installation, set by `TENANTRY_PROFILE` (or `FLASK_ENV`), never by a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A development machine; the default.
    #[default]
    Development,
    /// Automated tests, which may use weak password hashes.
    Testing,
    /// Staging, with the same checks as production.
    Staging,
    /// Production, which requires a root secret.
    Production,
}

impl Profile {
    /// All profiles, in the order of the documentation.
    pub const ALL: [Self; 4] = [
        Self::Development,
        Self::Testing,
        Self::Staging,
        Self::Production,
    ];

    /// Returns the name used in `TENANTRY_PROFILE` and in `config/profiles/<name>.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Testing => "testing",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// Returns whether secrets must be set and long enough: in staging and production.
    pub fn is_strict(self) -> bool {
        matches!(self, Self::Staging | Self::Production)
    }

    /// Returns the content of `config/profiles/<name>.toml`.
    pub(crate) fn layer(self) -> &'static str {
        match self {
            Self::Development => include_str!("../profiles/development.toml"),
            Self::Testing => include_str!("../profiles/testing.toml"),
            Self::Staging => include_str!("../profiles/staging.toml"),
            Self::Production => include_str!("../profiles/production.toml"),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("{text:?} is not one of {names}")
            })
    }
}
