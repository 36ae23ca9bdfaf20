//! `tenantry secret`

use std::process::ExitCode;

use clap::Subcommand;
use tenantry_crypto::random_secret;

use super::output::say;
use crate::error::StartError;

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Print a new root secret, for `TENANTRY_SECURITY__SECRET`
    Generate,
}

pub(super) fn run(action: &Action) -> Result<ExitCode, StartError> {
    match action {
        Action::Generate => say(&random_secret()?),
    }
    Ok(ExitCode::SUCCESS)
}
