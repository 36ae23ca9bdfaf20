//! A provider as the suites see it.

use std::path::Path;

use futures_util::future::LocalBoxFuture;

use crate::{
    harness::rows::reader::Rows,
    services::{Namespace, TestServer},
};

/// A section of the configuration that selects a provider by its key `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// `database`.
    Database,
    /// `storage`, and each of `storages`.
    Storage,
    /// `cache`.
    Cache,
}

/// A value of `kind` in a section. Kinds are unique only within a section.
pub struct Provider {
    /// The section.
    pub section: Section,
    /// The value of `kind`.
    pub kind: &'static str,
    /// The name in tables: the software that the tests run.
    pub title: &'static str,
    /// The server that it needs.
    pub server: Option<Server>,
    /// Settings for the server of the tests, which is slow under their load.
    pub under_load: &'static [(&'static str, &'static str)],
    /// Whether it takes files in parts, which the service buffers whole.
    pub takes_parts: bool,
    /// Whether it is part of all combinations of providers, or only of two.
    pub in_all_combinations: bool,
    /// A capability that it lacks, for the table of providers.
    pub gap: &'static str,
    /// A part of the version to which `gap` is limited.
    pub gap_version: &'static str,
    /// Opens the database for reads past the service.
    pub rows: Option<OpenRows>,
}

/// Opens the database of a URL, or in the data directory of a service.
type OpenRows = fn(&str, &Path) -> Box<dyn Rows>;

/// A server of the tests.
pub struct Server {
    /// The variable with the URL of a server to use instead.
    pub variable: &'static str,
    /// Words in the names of the tests that need it, separated by spaces.
    pub words: &'static str,
    /// The function of `tests/scripts/services` that installs it.
    pub install: &'static str,
    /// The instruction if that fails.
    pub hint: &'static str,
    /// The key that contains the address of the server.
    pub address: &'static str,
    /// Returns the server of this run.
    pub open: fn() -> LocalBoxFuture<'static, &'static dyn TestServer>,
}

/// A program of the tests that is not the server of a provider.
pub struct Program {
    /// The name in tables.
    pub title: &'static str,
    /// Words in the names of the tests that need it, separated by spaces.
    pub words: &'static str,
    /// The function of `tests/scripts/services` that installs it.
    pub install: &'static str,
    /// The instruction if that fails.
    pub hint: &'static str,
}

impl Section {
    /// All sections.
    pub const ALL: [Self; 3] = [Self::Database, Self::Storage, Self::Cache];

    /// Returns the name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Storage => "storage",
            Self::Cache => "cache",
        }
    }

    /// Returns the section of a TOML table, such as `storages.archive`.
    pub fn of_table(table: &str) -> Option<Self> {
        let name = table.split('.').next().unwrap_or_default();
        let name = if name == "storages" { "storage" } else { name };
        Self::ALL.into_iter().find(|section| section.name() == name)
    }
}

impl Provider {
    /// Returns the name of its tests, `<section>_<kind>`.
    pub fn name(&self) -> String {
        format!("{}_{}", self.section.name(), self.kind)
    }

    /// Returns the server of this run.
    pub async fn server(&self) -> &'static dyn TestServer {
        let server = self.server.as_ref().expect("a provider with a server");
        (server.open)().await
    }

    /// Reserves a namespace on the server, and returns it with `kind` among its
    /// settings.
    pub async fn namespace(&self) -> Namespace {
        let mut namespace = self.server().await.namespace().await;
        let kind = ("KIND", self.kind.to_owned());
        namespace.settings.insert(0, kind);
        namespace
    }

    /// Reserves a namespace, with settings for a server under load.
    pub async fn namespace_under_load(&self) -> Namespace {
        let mut namespace = self.namespace().await;
        for (key, value) in self.under_load {
            namespace.set(key, *value);
        }
        namespace
    }
}
