//! `tenantry config`

use std::process::ExitCode;

use clap::Subcommand;
use tenantry_config::{example, schema};

use super::{options::Options, output::print};
use crate::error::StartError;

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Show all settings with their origins; secrets are redacted
    Show,
    /// Validate the configuration; print nothing if it is valid
    Check,
    /// Print the JSON Schema of configuration files
    Schema,
    /// Print a commented `.env` file with all variables
    Example,
}

pub(super) fn run(options: &Options, action: &Action) -> Result<ExitCode, StartError> {
    match action {
        Action::Show => options
            .read()?
            .show()
            .iter()
            .for_each(|line| print(&line.to_string())),
        Action::Check => drop(options.load()?),
        Action::Schema => print(&format!("{:#}", schema())),
        Action::Example => print(example().trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}
