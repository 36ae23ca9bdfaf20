//! `tenantry openapi`

use std::process::ExitCode;

use clap::ValueEnum;

use super::output::print;
use crate::error::StartError;

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    /// JSON
    #[default]
    Json,
    /// YAML
    Yaml,
}

#[expect(clippy::unnecessary_wraps, reason = "all commands return a result")]
pub(super) fn run(format: Format) -> Result<ExitCode, StartError> {
    let document = match format {
        Format::Json => tenantry_http::openapi_document(),
        Format::Yaml => tenantry_http::openapi_document_yaml(),
    };
    print(document.trim_end());
    Ok(ExitCode::SUCCESS)
}
