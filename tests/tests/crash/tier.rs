//! The extent of a test run.

/// The time that a run may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    /// Minutes.
    Short,
    /// Hours.
    Soak,
}

impl Tier {
    /// Returns the tier of this run.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tier of a test run is chosen in the environment"
    )]
    pub(crate) fn of_this_run() -> Self {
        match std::env::var("TENANTRY_TEST_TIER").as_deref() {
            Ok("soak") => Self::Soak,
            _ => Self::Short,
        }
    }

    /// Returns the value for this tier.
    pub(crate) fn pick<T>(self, short: T, soak: T) -> T {
        match self {
            Self::Short => short,
            Self::Soak => soak,
        }
    }
}
