//! `log`: what is written to standard error, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;

/// Level and form of the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `off`, `error`, `warn`, `info`, `debug` or `trace`; or a filter such as
    /// `info,tenantry_sql=debug`.
    #[schemars(length(min = 1))]
    pub level: String,
    /// How lines are written.
    pub format: LogFormat,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// `pretty` on a terminal, else `json`.
    #[default]
    Auto,
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::default(),
        }
    }
}

impl LogConfig {
    /// Refuses a single word that is no level, the common slip; the subscriber checks filters.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        let is_filter = self.level.contains(['=', ',', '[', ':']);
        if is_filter || LEVELS.contains(&self.level.to_ascii_lowercase().as_str()) {
            return Ok(());
        }
        let reason = format!("{:?} is not one of {}", self.level, LEVELS.join(", "));
        Err(Problem::new("log.level", reason))
    }
}
