//! `log`: logs on standard error.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;

/// Level and format of the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// The level: `off`, `error`, `warn`, `info`, `debug` or `trace`; or a filter such as
    /// `info,tenantry_sql=debug`.
    #[schemars(length(min = 1))]
    pub level: String,
    /// The format of log lines.
    pub format: LogFormat,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// `pretty` on a terminal, otherwise `json`.
    #[default]
    Auto,
    /// Human-readable lines.
    Pretty,
    /// One JSON object per line.
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
    /// Rejects a single word that is not a level. The subscriber checks filters.
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
