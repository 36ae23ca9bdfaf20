//! The providers of a service.

use std::fmt;

use super::{
    list::{PROVIDERS, provider},
    provider::{Provider, Section},
};
use crate::services::given;

/// The variable that selects the providers of a run, such as
/// `postgres+s3+redis`.
const VARIABLE: &str = "TENANTRY_TEST_PROVIDERS";

/// A database, a storage and a cache.
#[derive(Clone, Copy)]
pub struct Providers {
    /// The metadata database.
    pub database: &'static Provider,
    /// The default storage.
    pub storage: &'static Provider,
    /// The cache.
    pub cache: &'static Provider,
}

impl Providers {
    /// Returns the providers without servers.
    pub fn embedded() -> Self {
        Self::by_section(|section| {
            let mut providers = PROVIDERS.iter().filter(|it| it.section == section);
            providers.next().expect("a provider of each section")
        })
    }

    /// Returns the providers selected for this run; by default the embedded
    /// ones.
    pub fn of_this_run() -> Self {
        given(VARIABLE).map_or_else(Self::embedded, |selection| Self::named(&selection))
    }

    /// Returns the providers of `<database>+<storage>+<cache>`.
    pub fn named(selection: &str) -> Self {
        let kinds: Vec<_> = selection.split('+').collect();
        let [database, storage, cache] = kinds[..] else {
            panic!("{VARIABLE}: {selection:?} is not <database>+<storage>+<cache>");
        };
        Self {
            database: provider(Section::Database, database),
            storage: provider(Section::Storage, storage),
            cache: provider(Section::Cache, cache),
        }
    }

    /// Selects a provider for each section.
    pub fn by_section(mut select: impl FnMut(Section) -> &'static Provider) -> Self {
        Self {
            database: select(Section::Database),
            storage: select(Section::Storage),
            cache: select(Section::Cache),
        }
    }

    /// Returns the providers in the order of the sections.
    pub fn each(self) -> [&'static Provider; 3] {
        [self.database, self.storage, self.cache]
    }
}

impl fmt::Display for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.each().map(|provider| provider.kind).join("+"))
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
