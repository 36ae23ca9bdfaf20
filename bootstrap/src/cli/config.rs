//! `tenantry config`

use std::process::ExitCode;

use clap::Subcommand;
use tenantry_config::{example, schema};

use super::{Options, output::say};
use crate::error::StartError;

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Show every value and where it came from; secrets are left out
    Show,
    /// Check the configuration and say nothing where it is good
    Check,
    /// Print the JSON Schema of configuration files
    Schema,
    /// Print a commented `.env` file with every variable
    Example,
}

pub(super) fn run(options: &Options, action: &Action) -> Result<ExitCode, StartError> {
    match action {
        Action::Show => options
            .read()?
            .show()
            .iter()
            .for_each(|line| say(&line.to_string())),
        Action::Check => drop(options.load()?),
        Action::Schema => say(&format!("{:#}", schema())),
        Action::Example => say(example().trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}
