//! `telemetry`: traces and metrics for an OTLP collector.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::problem::Problem;
use crate::profile::Profile;

/// Traces and metrics for an OTLP collector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// The URL of an OTLP collector, such as `http://localhost:4317`. Without it nothing is sent.
    pub otlp_endpoint: Option<Url>,
}

impl TelemetryConfig {
    /// Rejects an endpoint with another scheme than `http` or `https`.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        match self.otlp_endpoint.as_ref().map(Url::scheme) {
            None | Some("http" | "https") => Ok(()),
            Some(_) => {
                let reason = "must start with http:// or https://";
                Err(Problem::new("telemetry.otlp_endpoint", reason))
            }
        }
    }
}
