//! Namespaces for a service on its providers.

use super::selection::Providers;
use crate::harness::settings::borrowed;

/// A namespace on each provider of a service.
#[derive(Debug, Clone)]
pub struct Place {
    /// The providers.
    pub providers: Providers,
    settings: Vec<(String, String)>,
}

impl Place {
    /// Returns its settings.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        borrowed(&self.settings)
    }

    /// Returns the value of a setting, if it is set.
    pub fn find(&self, name: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the value of a setting.
    pub fn setting(&self, name: &str) -> &str {
        self.find(name).expect("a setting of the place")
    }
}

impl Providers {
    /// Reserves a namespace on each server.
    pub async fn place(self) -> Place {
        let mut settings = Vec::new();
        for provider in self.each().into_iter().filter(|it| it.server.is_some()) {
            let namespace = provider.namespace_under_load().await;
            settings.extend(namespace.variables(&provider.section.name().to_uppercase()));
        }
        Place {
            providers: self,
            settings,
        }
    }
}
