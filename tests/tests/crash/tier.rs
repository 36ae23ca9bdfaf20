//! How much is tried.

/// How much time a run may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    /// Minutes.
    Short,
    /// As long as it takes.
    Soak,
}

impl Tier {
    /// The tier of this run.
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever runs the tests chooses by the environment"
    )]
    pub(crate) fn of_this_run() -> Self {
        match std::env::var("TENANTRY_TEST_TIER").as_deref() {
            Ok("soak") => Self::Soak,
            _ => Self::Short,
        }
    }

    /// One of two values.
    pub(crate) fn pick<T>(self, short: T, soak: T) -> T {
        match self {
            Self::Short => short,
            Self::Soak => soak,
        }
    }
}
