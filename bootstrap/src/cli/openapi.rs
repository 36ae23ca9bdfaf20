//! `tenantry openapi`

use std::process::ExitCode;

use clap::ValueEnum;

use super::output::say;
use crate::error::StartError;

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    /// JSON
    #[default]
    Json,
    /// YAML
    Yaml,
}

#[expect(clippy::unnecessary_wraps, reason = "commands have one shape")]
pub(super) fn run(format: Format) -> Result<ExitCode, StartError> {
    let document = match format {
        Format::Json => tenantry_http::openapi_document(),
        Format::Yaml => tenantry_http::openapi_document_yaml(),
    };
    say(document.trim_end());
    Ok(ExitCode::SUCCESS)
}
