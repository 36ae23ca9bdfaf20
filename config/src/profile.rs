//! The profile: which set of defaults applies, and how strict the checks are.

use std::fmt;
use std::str::FromStr;

/// Where an installation stands. Chosen by `TENANTRY_PROFILE` (or `FLASK_ENV`), never by a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A developer's machine; the default.
    #[default]
    Development,
    /// Automated tests: cheap password hashes are accepted.
    Testing,
    /// As strict as production.
    Staging,
    /// Real data: a root secret of the operator's own is required.
    Production,
}

impl Profile {
    /// Every profile, in the order of the documentation.
    pub const ALL: [Self; 4] = [
        Self::Development,
        Self::Testing,
        Self::Staging,
        Self::Production,
    ];

    /// The name used in `TENANTRY_PROFILE` and in `config/profiles/<name>.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Testing => "testing",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// True for staging and production: secrets must be the operator's own and long enough.
    pub fn is_strict(self) -> bool {
        matches!(self, Self::Staging | Self::Production)
    }

    /// The layer compiled in from `config/profiles/<name>.toml`.
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
