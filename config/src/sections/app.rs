//! `app`: the installation as a whole.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;

/// Name and data folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AppConfig {
    /// Name shown in the API document, in mails and by authenticator apps.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// Folder of everything the service keeps itself: the SQLite file, the blobs of the local
    /// backend, a generated development secret. Relative to the working folder.
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
    /// Refuses a name with control characters.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        if self.name.trim().is_empty() || self.name.chars().any(char::is_control) {
            return Err(Problem::new(
                "app.name",
                "is blank or has control characters",
            ));
        }
        Ok(())
    }
}
