//! `app`: name and data directory.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;

/// Name and data directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AppConfig {
    /// The name shown in the OpenAPI document, in mails and by authenticator apps.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// The data directory: the SQLite file, the blobs of the local backend and a generated root
    /// secret. Relative to the working directory.
    #[schemars(length(min = 1))]
    pub data: PathBuf,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            name: "Tenantry".to_owned(),
            data: PathBuf::from("./data"),
        }
    }
}

impl AppConfig {
    /// Rejects a blank name and control characters.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        if self.name.trim().is_empty() || self.name.chars().any(char::is_control) {
            return Err(Problem::new(
                "app.name",
                "must not be blank or contain control characters",
            ));
        }
        Ok(())
    }
}
