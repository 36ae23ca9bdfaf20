//! Lists all settings with values and origins, secrets redacted.

use std::fmt;

use serde_json::Value as Json;

use crate::connection_url::ConnectionUrl;
use crate::layer::{CODE, Layers};
use crate::load::LoadedConfig;

/// A line of `tenantry config show`: `http.port = 9000  (environment variable PORT)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The dotted path of the key.
    pub key: String,
    /// The value; lists as JSON, empty if unset.
    pub value: String,
    /// The layer: `default`, `default.toml`, `profiles/production.toml`, `file …`,
    /// `environment variable …`, `… in .env` or `flag …`.
    pub origin: String,
}

impl LoadedConfig {
    /// Returns the profile and all keys with their redacted values and origins.
    pub fn show(&self) -> Vec<Setting> {
        let mut settings = vec![Setting {
            key: "profile".to_owned(),
            value: self.config.profile.to_string(),
            origin: self
                .profile_origin
                .clone()
                .unwrap_or_else(|| CODE.to_owned()),
        }];
        // Plain data always serializes.
        let values = serde_json::to_value(&self.config).unwrap_or_default();
        self.collect("", &values, &mut settings);
        settings
    }

    fn collect(&self, key: &str, value: &Json, settings: &mut Vec<Setting>) {
        if let Json::Object(table) = value {
            for (name, value) in table {
                let key = if key.is_empty() {
                    name.clone()
                } else {
                    format!("{key}.{name}")
                };
                self.collect(&key, value, settings);
            }
            return;
        }
        let text = match value {
            Json::Null => String::new(),
            // Any URL may contain a password, also in keys of another type.
            Json::String(text) if text.contains("://") => ConnectionUrl::new(text).redacted(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        settings.push(Setting {
            key: key.to_owned(),
            value: text,
            origin: self
                .layers
                .origin_of(key)
                .unwrap_or_else(|| CODE.to_owned()),
        });
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, origin } = self;
        if value.is_empty() {
            return write!(formatter, "{key} is not set");
        }
        write!(formatter, "{key} = {value}  ({origin})")
    }
}
