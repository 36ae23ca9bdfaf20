//! The interface of servers on which suites run.

use async_trait::async_trait;

/// A server that tests share. Each test uses its own namespace on it.
#[async_trait]
pub trait TestServer: Send + Sync {
    /// Returns the version, or an empty string if it is unknown.
    async fn version(&self) -> String;

    /// Reserves a namespace.
    async fn namespace(&self) -> Namespace;

    /// Removes a namespace and its contents. Returns whether it existed.
    async fn remove(&self, name: &str) -> bool;
}

/// A schema, database, bucket, container, collection or key prefix that no
/// other test uses.
#[derive(Debug, Clone)]
pub struct Namespace {
    /// The name on the server.
    pub name: String,
    /// The keys of a section of the configuration that select it, with values.
    pub settings: Vec<(&'static str, String)>,
}

impl Namespace {
    /// Returns the value of a key.
    pub fn setting(&self, key: &str) -> &str {
        let found = self.settings.iter().find(|(name, _)| *name == key);
        &found.expect("a setting of the namespace").1
    }

    /// Sets a key.
    pub fn set(&mut self, key: &'static str, value: impl Into<String>) {
        self.settings.retain(|(name, _)| *name != key);
        self.settings.push((key, value.into()));
    }

    /// Returns the settings as environment variables of the service; `section`
    /// is a section in upper case, such as `STORAGE` or `STORAGES__ARCHIVE`.
    pub fn variables(&self, section: &str) -> Vec<(String, String)> {
        let settings = self.settings.iter();
        let values: Vec<_> = settings
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        super::variables(section, &values)
    }
}
