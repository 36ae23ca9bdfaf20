//! Namespaces for a service on its providers.

use super::selection::Providers;
use crate::harness::settings::borrowed;

/// A namespace on each provider of a service.
#[derive(Debug, Clone)]
pub struct Place {
    /// The providers.
    pub providers: Providers,
    pub(super) settings: Vec<(String, String)>,
}

impl Place {
    /// Returns its settings.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        borrowed(&self.settings)
    }

    /// Returns the value of a setting.
    pub fn setting(&self, name: &str) -> &str {
        let found = self.settings.iter().find(|(key, _)| key == name);
        &found.expect("a setting of the place").1
    }
}
