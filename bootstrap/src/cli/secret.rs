//! `tenantry secret`

use std::process::ExitCode;

use clap::Subcommand;
use tenantry_crypto::random_secret;

use super::output::print;
use crate::error::StartError;

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Generate a root secret for `TENANTRY_SECURITY__SECRET`
    Generate,
}

pub(super) fn run(action: &Action) -> Result<ExitCode, StartError> {
    match action {
        Action::Generate => print(&random_secret()?),
    }
    Ok(ExitCode::SUCCESS)
}
